/**
 * For someone who came back: the removals that began when they left are paused until someone decides on each app. The
 * person who reactivated them gets the list.
 */
import { z } from 'zod';
import { hoursWords } from '../../../core/hours.ts';
import { compareNames, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { needsApprovalToKeep } from '../../../engine/access/held-answers.ts';
import {
  heldBefore,
  type KeepResult,
  keepPaused,
} from '../../../engine/access/removals/keep-paused.ts';
import { resumeRemoval } from '../../../engine/access/removals/pause-removals.ts';
import { isPaused, type OpenRemoval } from '../../../engine/access/removals/removal.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
  type PersonAtApp,
} from '../../../engine/people/directory.ts';
import { isAdmin, mayGrant, mayManage } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import { asksForCodes } from '../../../engine/step-up/use-code.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  note,
  paragraph,
  withButtons,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { refuse } from '../admins.ts';
import { listRow } from '../list-card.ts';
import { LONG_PAGE, onPage, pageButtons, pageShown, turnPage, withPage } from '../paging.ts';
import { pickPerson } from '../people/find-person.ts';
import { noteToAsk } from '../whom-to-ask.ts';
import { type AccessRef, allowed, refuseToKeep } from './allowed.ts';
import { grantAccess } from './grant-access.ts';
import { lookUpRemoval } from './removal-actions.ts';
import { removalPayload } from './removal-ref.ts';

const payload = pageShown.extend({ personId: z.string() });

export const pausedRemovals = liveCard({
  id: 'paused-removals',
  payload,
  topic: ({ personId }) => personTopic(personId),

  async render({ personId, page }, context: Reader): Promise<Card> {
    const { stores, reader, now } = context;
    const person = await stores.people.find(personId);
    if (!person || !mayManage(reader, person))
      return noteToAsk(
        t`You can't see this any more`,
        t`Only this person's manager and Latchkey admins can.`,
        context,
      );
    const paused = await pausedOf(person, { stores, now });
    const [first] = paused;
    const title = t`${fullName(person)} is back: what should they keep?`;
    if (!first?.removal.pausedUntil)
      return withButtons(
        note(title, t`Nothing is left to decide. Their access card shows the current state.`),
        {
          label: t`Access`,
          does: pickPerson.with({ personId, purpose: 'access' }),
        },
      );
    const all = await Promise.all(paused.map((each) => withReason(each, person, context)));
    const list = onPage(all, page, LONG_PAGE);
    const turnTo = pageButtons(list, (to) => turnPausedPage.with({ personId, page: to }));
    const keepAll: Button[] =
      all.filter(({ whyNot }) => whyNot === undefined).length > 1
        ? [{ label: t`Keep all`, tone: 'primary', does: keepAllPaused.with({ personId }) }]
        : [];
    const buttons = [...keepAll, ...turnTo];
    return {
      title,
      blocks: [
        paragraph(
          t`Latchkey was removing this because they had left. Anything you don't keep will be removed on ${showTime(first.removal.pausedUntil, context)}.`,
        ),
        ...list.items.flatMap((each) => rowOf(each)),
        ...(turnTo.length > 0
          ? ([muted(withPage(t`${paused.length} in all`, list))] satisfies Block[])
          : []),
        ...buttonRow(buttons),
      ],
    };
  },
});

export const turnPausedPage = turnPage({ id: 'removals.paused-page', payload }, pausedRemovals);

/** Needs the same permission as a grant, since the person would lose the access without it. */
export const keepPausedAccess = buttonAction({
  id: 'removal.keep',
  payload: removalPayload,

  async handle({ removalId }, turn: Turn) {
    const removal = await turn.stores.removals.find(removalId);
    if (!removal) return refuse(decided());
    const { person, integration, refused } = await allowed('grant', removal, turn);
    if (refused) return refuse(refused);
    const by = { person, integration, actor: actorOf(turn) };
    const kept = await turn.transact((tx) => keepPaused(tx, removalId, by));
    return afterKeeping(kept, by, turn);
  },
});

export const removePausedAccess = buttonAction({
  id: 'removal.resume',
  payload: removalPayload,
  admit: ({ removalId }, turn: Turn) =>
    lookUpRemoval({ removalId, right: 'revoke' }, () => t`revoke this`, turn),

  async handle({ removalId }, turn) {
    const isResumed = await turn.transact((tx) => resumeRemoval(tx, removalId, actorOf(turn)));
    return isResumed ? { kind: 'nothing' } : refuse(decided());
  },
});

/** Keeps all that the actor may grant; the rest stays in the list. */
export const keepAllPaused = buttonAction({
  id: 'removals.keep-all',
  payload: z.object({ personId: z.string() }),

  async handle({ personId }, turn: Turn): Promise<Reply> {
    const person = await turn.stores.people.find(personId);
    if (!person) return refuse(decided());
    const paused = await pausedOf(person, turn);
    const [first] = paused;
    if (!first) return refuse(decided());
    const mine = paused.filter(({ integration }) => mayGrantNow(turn.actor, person, integration));
    const [refusedFor = first] = paused.filter((each) => !mine.includes(each));
    if (mine.length === 0) {
      const { refused } = await allowed('grant', refusedFor.removal, turn);
      return refuse(refused ?? decided());
    }
    const outcomes = await turn.transact(async (tx) => {
      const each: { readonly kept: KeepResult; readonly integration: Integration }[] = [];
      for (const { removal, integration } of mine) {
        const by = { person, integration, actor: actorOf(turn) };
        each.push({ kept: await keepPaused(tx, removal.id, by), integration });
      }
      return each;
    });
    // What needs approval stays in the list, with a note. A message is needed only where nothing else was left to keep.
    const [refused] = outcomes;
    const isRefused = ({ kept }: (typeof outcomes)[number]): boolean =>
      kept.kind !== 'kept' && kept.kind !== 'over';
    return refused && outcomes.every(isRefused)
      ? afterKeeping(refused.kept, { person, integration: refused.integration }, turn)
      : { kind: 'nothing' };
  },
});

async function afterKeeping(
  kept: KeepResult,
  { person, integration }: PersonAtApp,
  turn: Turn,
): Promise<Reply> {
  switch (kept.kind) {
    case 'kept':
      return { kind: 'nothing' };
    case 'over':
      return refuse(decided());
    case 'wait':
      return refuse(note(t`You can't keep this yet`, sayBusy(integration)));
    case 'needs-approval':
      return refuseToKeep(kept.held, { person, integration }, turn);
    case 'needs-code':
      return refuse(
        withButtons(
          note(
            t`Nothing has changed yet`,
            t`${integration.name} asks for a code, so grant it instead.`,
          ),
          grantInstead({ personId: person.id, integrationId: integration.id }, integration),
        ),
      );
    default:
      return unreachable(kept);
  }
}

const sayBusy = ({ name }: Integration): string =>
  t`A revoke in ${name} was under way when they came back. Nothing changed; try again when it has ended, in a few minutes.`;

interface Paused {
  readonly removal: OpenRemoval;
  readonly integration: Integration;
}

/** By the name of the app. */
async function pausedOf(
  { id }: Person,
  { stores, now }: { readonly stores: Stores; readonly now: () => Date },
): Promise<readonly Paused[]> {
  const open = (await stores.removals.openOf(id)).filter((each) => isPaused(each, now()));
  const found = await Promise.all(
    open.map(async (removal) => {
      const integration = await stores.integrations.find(removal.integrationId);
      return integration ? [{ removal, integration }] : [];
    }),
  );
  return found.flat().toSorted((a, b) => compareNames(a.integration.name, b.integration.name));
}

/** Nothing can be granted at an integration that is turned off. */
const mayGrantNow = (actor: Person, person: Person, integration: Integration): boolean =>
  integration.enabled && !integration.deletedAt && mayGrant(actor, person, integration);

interface ListedRemoval extends Paused {
  /** Why the reader can't keep it; shown after its name. */
  readonly whyNot: string | undefined;
  readonly mayBeGranted: boolean;
}

async function withReason(each: Paused, person: Person, context: Reader): Promise<ListedRemoval> {
  return {
    ...each,
    whyNot: await whyNotKeep(each, person, context),
    mayBeGranted: mayGrantNow(context.reader, person, each.integration),
  };
}

export async function whyNotKeep(
  { removal, integration }: Paused,
  person: Person,
  { reader, stores }: Pick<Reader, 'reader' | 'stores'>,
): Promise<string | undefined> {
  if (!mayGrantNow(reader, person, integration)) return t`you can't grant it, so you can't keep it`;
  if (asksForCodes(integration)) return t`asks for a code, so grant it instead`;
  if (isAdmin(reader)) return undefined;
  const held = await heldBefore(stores, removal, integration);
  if (!needsApprovalToKeep(held)) return undefined;
  return held.options.length > 0
    ? t`needs approval (${held.options.join(', ')}), so only Latchkey admins can keep it`
    : t`may need approval, so only Latchkey admins can keep it`;
}

const grantInstead = ({ personId, integrationId }: AccessRef, { name }: Integration): Button => ({
  label: t`Grant…`,
  about: t`Grant: ${name}`,
  does: grantAccess.with({ personId, integrationId }),
});

function rowOf({ removal, integration, whyNot, mayBeGranted }: ListedRemoval): Block[] {
  const { id: removalId } = removal;
  const { longestHours } = policyOf(integration);
  const until =
    longestHours === null
      ? t`if you keep it: no end date`
      : t`if you keep it: for ${hoursWords(longestHours)}`;
  const keeps = whyNot === undefined;
  const isGrantedInstead = mayBeGranted && asksForCodes(integration);
  return listRow(
    labelOf(integration),
    whyNot ?? until,
    ...(keeps
      ? [
          {
            label: t`Keep`,
            about: t`Keep: ${integration.name}`,
            does: keepPausedAccess.with({ removalId }),
          },
        ]
      : isGrantedInstead
        ? [grantInstead(removal, integration)]
        : []),
    {
      label: t`Remove`,
      about: t`Remove: ${integration.name}`,
      tone: 'danger',
      does: removePausedAccess.with({ removalId }),
    },
  );
}

const decided = (): Card =>
  note(t`This has already been decided`, t`Nothing changed; the list shows what is left.`);
