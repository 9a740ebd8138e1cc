/** "Starts automatically when…": the events and webhooks that assign the sequence to someone, and their last starts. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { nameOrDeleted } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import {
  changeStarts,
  changesOf,
  occasionsWords,
} from '../../../engine/sequences/events/change-starts.ts';
import {
  aboutOf,
  type EventCause,
  type Occasion,
  type SequenceEvent,
  type WatchedField,
  watchedFields,
} from '../../../engine/sequences/events/event.ts';
import type { Hook } from '../../../engine/sequences/hooks/hook.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, type SubmitReply } from '../../view/action.ts';
import { outdatedForm } from '../../view/answers.ts';
import {
  type Block,
  buttonRow,
  factList,
  muted,
  note,
  paragraph,
  rich,
  strong,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import type { Fields } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { liveCard } from '../../view/live-card.ts';
import { refuse } from '../admins.ts';
import { appOptions } from '../app-options.ts';
import { someNames } from '../some-names.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { addHookHere, MAX_HOOKS } from './add-hook.ts';
import { openHook } from './hook-card.ts';
import { sequenceStartsRefs, showStarts, startsFor, startsPayload } from './sequence-starts-ref.ts';

/** How many of the last starts are shown; people's timelines have the others. */
const LAST = 8;
const NAMED = 10;
/** As long as a department or a position may be. */
const LONGEST_VALUE = 200;

export const sequenceStartsCard = liveCard({
  ...sequenceStartsRefs,

  async render({ sequenceId }, context: Reader) {
    const { stores, reader } = context;
    if (!maySeeSetUp(reader)) return onlyReadersCan(t`You can't see this any more`, context);
    const sequence = await stores.sequences.find(sequenceId);
    if (!sequence || sequence.deletedAt)
      return note(t`This sequence was deleted`, t`It no longer starts for anyone.`);
    const occasions = await stores.sequenceStarts.of(sequenceId);
    const hooks = await stores.hooks.ofSequence(sequenceId);
    return {
      title: t`When ${sequence.name} starts automatically`,
      blocks: compact([
        !sequence.isOn && paragraph(t`⚠ It is turned off, so it doesn't start for anyone now.`),
        factList([
          [t`When`, await occasionsWords(occasions, stores)],
          [
            t`Webhooks`,
            hooks.length === 0
              ? t`none`
              : someNames(
                  hooks.map(({ name }) => name),
                  NAMED,
                ),
          ],
        ]),
        muted(t`People in it aren't added twice. Automatic grants don't start other sequences.`),
        ...buttonRow([
          { label: t`Change…`, tone: 'primary', does: editStarts.with({ sequenceId }) },
          hooks.length < MAX_HOOKS && {
            label: t`Add a webhook…`,
            does: addHookHere.with({ sequenceId }),
          },
        ]),
        ...hooks.flatMap(hookRow),
        ...(await lastStarts(sequenceId, context)),
      ]),
    };
  },
});

const hookRow = ({ id: hookId, name, isOn }: Hook): Block[] =>
  buttonRow([
    {
      label: isOn ? t`Webhook: ${name}` : t`Webhook: ${name} (off)`,
      does: openHook.with({ hookId }),
    },
  ]);

async function lastStarts(sequenceId: string, context: Reader): Promise<Block[]> {
  const events = await context.stores.sequenceEvents.ofSequence(sequenceId, {
    offset: 0,
    limit: LAST,
  });
  if (events.length === 0) return [];
  const lines = await Promise.all(events.map((event) => eventLine(event, context)));
  return [{ kind: 'divider' }, paragraph([strong(t`Recent starts`)]), ...lines.map(muted)];
}

async function eventLine(event: SequenceEvent, context: Reader): Promise<string> {
  const { stores } = context;
  const person = await stores.people.find(event.personId);
  const who = nameOrDeleted(person);
  return `${showTime(event.at, context)} · ${who} · ${await causeWords(event.cause, stores)} · ${outcomeWords(event)}`;
}

function outcomeWords(event: SequenceEvent): string {
  switch (event.state) {
    case 'waiting':
      return t`… starts in a moment`;
    case 'started':
      return t`✓ started`;
    case 'refused':
      return t`not started. ${sayStored(event.why)}`;
    default:
      return unreachable(event);
  }
}

async function causeWords(cause: EventCause, stores: Stores): Promise<string> {
  switch (cause.kind) {
    case 'hook': {
      const hook = await stores.hooks.find(cause.hookId);
      return hook ? t`webhook ${hook.name}` : t`deleted webhook`;
    }
    case 'person-created':
      return t`added`;
    case 'access-granted':
      return t`got access to ${await nameOf(cause.integrationId, stores)}`;
    case 'run-failed':
      return t`${await nameOf(cause.integrationId, stores)} failed`;
    case 'field-changed':
      return changedWords()[cause.field];
    case 'unread':
      return t`can't be read`;
    default:
      return unreachable(cause);
  }
}

const fieldWords = (): Readonly<Record<WatchedField, string>> => ({
  department: t`department`,
  position: t`position`,
  manager: t`manager`,
});

const changedWords = (): Readonly<Record<WatchedField, string>> => ({
  department: t`another department`,
  position: t`another position`,
  manager: t`another manager`,
});

const nameOf = async (integrationId: string, stores: Stores): Promise<string> =>
  (await stores.integrations.find(integrationId))?.name ?? t`a deleted integration`;

export const openStarts = buttonAction({
  id: 'sequence.starts',
  payload: startsPayload,
  right: 'see the set-up',

  handle: async ({ sequenceId }, _turn: Turn): Promise<Reply> => showStarts(sequenceId),
});

export const editStarts = formAction({
  id: 'sequence.edit-starts',
  payload: startsPayload,
  admit: startsFor,
  title: () => t`Start automatically`,
  submitLabel: () => t`Save`,

  fields: async ({ sequenceId }, { sequence, ...turn }) => ({
    intro: [rich`${strong(sequence.name)} starts for a person when one of these happens.`],
    fields: await fieldsOf(sequenceId, turn),
  }),

  async submit(sent, { sequenceId }, { shown, ...turn }) {
    return turn.transact(async (tx): Promise<SubmitReply> => {
      // Its next version: of two admins who change it in the same moment, one does it again.
      const current = await tx.sequences.find(sequenceId);
      if (!current || current.deletedAt) return refuse(outdatedForm());
      const sequence = await tx.sequences.save(current);
      const now = await fieldsOf(sequenceId, { stores: tx });
      const { created, granted, failed, changes, to } = startsForm.parse(asOfNow(sent, shown, now));
      if (to !== '' && changes.length === 0)
        return { kind: 'invalid', errors: { changes: t`Choose what has to change to ${to}.` } };
      const occasions: readonly Occasion[] = compact([
        created === 'yes' && { kind: 'person-created' },
        ...granted.map((integrationId) => ({ kind: 'access-granted', integrationId }) as const),
        ...failed.map((integrationId) => ({ kind: 'run-failed', integrationId }) as const),
        ...changes.map((field) => ({ kind: 'field-changed', field, to }) as const),
      ]);
      await changeStarts(tx, sequence, { occasions, actor: actorOf(turn) });
      return showStarts(sequenceId);
    });
  },
});

const startsForm = z.object({
  created: z.string(),
  granted: z.array(z.string()).default([]),
  failed: z.array(z.string()).default([]),
  changes: z.array(z.enum(watchedFields)).default([]),
  to: z.string().trim().default(''),
});

async function fieldsOf(sequenceId: string, { stores }: Pick<Turn, 'stores'>) {
  const occasions = await stores.sequenceStarts.of(sequenceId);
  const options = await appOptions(stores);
  const chosen = (kind: Occasion['kind']) =>
    occasions.filter((each) => each.kind === kind).map(aboutOf);
  const integrations = (kind: Occasion['kind'], label: string, hint: string) =>
    ({ kind: 'choices', label, hint, options, optional: true, initial: chosen(kind) }) as const;
  return {
    created: {
      kind: 'choice',
      label: t`When someone is added to the directory`,
      hint: t`By hand, by an import, by joining the workspace or on the command line, and when someone returns.`,
      options: [
        { value: 'yes', label: t`Start it` },
        { value: 'no', label: t`Don't start` },
      ],
      initial: chosen('person-created').length > 0 ? 'yes' : 'no',
    },
    ...(options.length > 0 && {
      granted: integrations(
        'access-granted',
        t`When access is granted to`,
        t`By a successful run or by hand.`,
      ),
      failed: integrations(
        'run-failed',
        t`When a grant or revoke fails permanently for`,
        t`After its retry, or immediately if there is none.`,
      ),
    }),
    changes: {
      kind: 'choices',
      label: t`When one of these changes`,
      hint: t`By hand, by a file or by an import. A field that was empty starts nothing.`,
      options: watchedFields.map((value) => ({ value, label: fieldWords()[value] })),
      optional: true,
      initial: changesOf(occasions).map(({ field }) => field),
    },
    to: {
      kind: 'text',
      label: t`Only when it changes to`,
      hint: t`A department, a position or a manager's address. Leave blank for any.`,
      optional: true,
      maxLength: LONGEST_VALUE,
      initial: changesOf(occasions)[0]?.to ?? '',
    },
  } satisfies Fields;
}
