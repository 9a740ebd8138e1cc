/** One webhook of a sequence: its address, how it is called, what came of its last calls, and everything to change. */
import { z } from 'zod';
import { say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import { fullName } from '../../engine/directory.ts';
import {
  addHook,
  type ChangingHooks,
  deleteHook,
  endOverlap,
  renameHook,
  rotateSecret,
  turnHook,
  wrongPath,
} from '../../engine/hooks/change-hook.ts';
import type { Hook, HookCall } from '../../engine/hooks/hook.ts';
import { isAdmin } from '../../engine/permission.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { retryStale } from '../../engine/retry-stale.ts';
import { sequenceStartsSubject } from '../../engine/subjects.ts';
import { buttonAction, formAction, type Reply } from '../view/action.ts';
import { type Block, type Button, type Card, note, type Text } from '../view/card.ts';
import type { Fields } from '../view/form.ts';
import { liveCard } from '../view/live-card.ts';
import { asAdmin, refuse } from './admins.ts';
import { actorOf, type Reader, type Turn } from './context.ts';
import { showTime } from './dates.ts';
import { sendLink } from './send-link.ts';
import { startsFor, startsPayload } from './sequence-starts-ref.ts';

/** A sequence that more systems start is not one that anybody still understands. */
export const MOST_HOOKS = 10;
const CALLS_SHOWN = 8;
const LONGEST_NAME = 60;
const WHAT = () => say`change webhooks`;

const hookPayload = z.object({ hookId: z.string() });
const shown = hookPayload.extend({
  sequenceId: z.string(),
  /** Where it is called: what the environment says is not in the database. */
  url: z.string(),
  isPublic: z.boolean(),
});

export const hookCard = liveCard({
  id: 'hook',
  payload: shown,
  subject: ({ sequenceId }) => sequenceStartsSubject(sequenceId),

  async render({ hookId, url, isPublic }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    if (!isAdmin(reader))
      return note(say`You can't see webhooks any more`, say`Only Latchkey admins can.`);
    const hook = await stores.hooks.find(hookId);
    if (!hook || hook.deletedAt) return gone();
    const calls = (await stores.hookCalls.newest(hookId)).slice(0, CALLS_SHOWN);
    const sequence = await stores.sequences.find(hook.sequenceId);
    return {
      title: say`Webhook: ${hook.name}`,
      blocks: [
        {
          kind: 'text',
          text: [
            hook.isOn
              ? say`Each call starts `
              : say`Turned off: its calls are refused. When it is on, each call starts `,
            { kind: 'strong', text: sequence?.name ?? say`a sequence that is gone` },
            say` for the person whose address it names.`,
          ],
        },
        {
          kind: 'facts',
          facts: [
            [say`Address`, [{ kind: 'code', text: url }]],
            [
              say`The address of the person`,
              [say`in the JSON of the call at `, { kind: 'code', text: hook.emailPath }],
            ],
            [say`Secret`, [secretWords(hook, context)]],
          ],
        },
        { kind: 'text', muted: true, text: HOW() },
        ...(isPublic
          ? []
          : [
              {
                kind: 'text',
                muted: true,
                text: [
                  say`Only the machine that Latchkey runs on can call it now: no public address is configured. Your operator can set PUBLIC_URL.`,
                ],
              } as const,
            ]),
        { kind: 'buttons', buttons: buttonsOf(hook, context) },
        ...(await history(hook, calls, context)),
      ],
    };
  },
});

const HOW = (): Text => [
  say`It is called with POST and a header `,
  { kind: 'code', text: say`Latchkey-Signature: t=<seconds>,v1=<hex>` },
  say`, where hex is the HMAC-SHA256, under the secret, of the seconds since 1970, a dot, and the body. docs/messages-and-events.md has an example to copy.`,
];

function secretWords({ isRevealed, before }: Hook, context: Reader): string {
  const now = isRevealed
    ? say`was shown; replace it if it got lost`
    : say`nobody has seen it yet: it is shown once, in your browser`;
  return before && before.until > context.now()
    ? say`${now}. The one before is good until ${showTime(before.until, context)}`
    : now;
}

function buttonsOf({ id: hookId, isOn, isRevealed, before }: Hook, { now }: Reader): Button[] {
  const target = { hookId };
  return [
    ...(isRevealed
      ? []
      : [{ label: say`Show the secret`, tone: 'primary' as const, does: showSecret.with(target) }]),
    { label: say`Replace the secret…`, does: replaceSecret.with(target) },
    ...(before && before.until > now()
      ? [{ label: say`End the old secret now`, does: endOldSecret.with(target) }]
      : []),
    { label: say`Edit…`, does: editHook.with(target) },
    { label: isOn ? say`Turn off` : say`Turn on`, does: turnHookTo.with({ ...target, on: !isOn }) },
    { label: say`Delete…`, tone: 'danger', does: deleteThisHook.with(target) },
  ];
}

async function history(
  { refusals, lastRefusal }: Hook,
  calls: readonly HookCall[],
  context: Reader,
): Promise<Block[]> {
  const lines = await Promise.all(calls.map((call) => callLine(call, context)));
  const unsigned =
    lastRefusal === undefined
      ? []
      : [
          say`${refusals === 1 ? say`1 call` : say`${refusals} calls`} without a good signature, the last on ${showTime(lastRefusal.at, context)}: ${lastRefusal.why}`,
        ];
  return [
    { kind: 'divider' },
    {
      kind: 'text',
      text: [
        {
          kind: 'strong',
          text: calls.length === 0 ? say`It was not called yet` : say`The last calls`,
        },
      ],
    },
    ...[...lines, ...unsigned].map((line): Block => ({ kind: 'text', muted: true, text: [line] })),
  ];
}

async function callLine({ at, eventId, why }: HookCall, context: Reader): Promise<string> {
  const { stores } = context;
  const when = showTime(at, context);
  const event = eventId === undefined ? undefined : await stores.sequenceEvents.find(eventId);
  if (!event) return say`${when} · refused. ${why ?? ''}`;
  const person = await stores.people.find(event.personId);
  const who = person ? fullName(person) : say`somebody who is gone`;
  switch (event.state) {
    case 'waiting':
      return say`${when} · ${who} · accepted`;
    case 'started':
      return say`${when} · ${who} · ✓ started`;
    case 'refused':
      return say`${when} · ${who} · accepted, not started. ${event.why}`;
    default:
      return unreachable(event);
  }
}

const showHook = ({ id: hookId, sequenceId }: Hook, { links }: Turn): Reply => ({
  kind: 'show',
  card: hookCard.with({
    hookId,
    sequenceId,
    url: links.hookUrlOf(hookId),
    isPublic: links.isPublic,
  }),
});

export const openHook = buttonAction({
  id: 'hook.open',
  payload: hookPayload,

  async handle({ hookId }, turn: Turn): Promise<Reply> {
    const { hook, refused } = await hookFor(hookId, turn);
    return refused ? refuse(refused) : showHook(hook, turn);
  },
});

const fieldsOf = (hook?: Pick<Hook, 'name' | 'emailPath'>) =>
  ({
    name: {
      kind: 'text',
      label: say`Who calls`,
      hint: say`The system that will call, such as "HR portal".`,
      initial: hook?.name ?? '',
    },
    emailPath: {
      kind: 'text',
      label: say`Where the person's email address is in the call`,
      hint: say`Names with dots between them, into the JSON: email, or data.user.email.`,
      initial: hook?.emailPath ?? 'email',
    },
  }) as const satisfies Fields;

/** Both trimmed; or what is wrong with them. */
function readFields(values: { readonly name: string; readonly emailPath: string }) {
  const [name, emailPath] = [values.name.trim(), values.emailPath.trim()];
  const errors = {
    ...(name.length > LONGEST_NAME && { name: say`Longer than ${LONGEST_NAME} characters.` }),
    ...(wrongPath(emailPath) !== undefined && { emailPath: wrongPath(emailPath) ?? '' }),
  };
  return Object.keys(errors).length > 0 ? { errors } : { name, emailPath };
}

export const addHookHere = formAction({
  id: 'hook.add',
  payload: startsPayload,
  title: () => say`Add a webhook`,
  submitLabel: () => say`Add`,

  async fields({ sequenceId }, turn: Turn) {
    const { sequence, refused } = await startsFor(sequenceId, turn);
    if (refused) return { refused };
    return {
      intro: [
        [
          say`A system of yours calls an address of its own here, and whoever it names gets `,
          { kind: 'strong', text: sequence.name },
          say`. Its calls are signed with a secret, which you see once, in your browser.`,
        ],
      ],
      fields: fieldsOf(),
    };
  },

  async submit(values, { sequenceId }, turn) {
    const { refused } = await startsFor(sequenceId, turn);
    if (refused) return refuse(refused);
    const read = readFields(values);
    if (read.errors) return { kind: 'invalid', errors: read.errors };
    const added = await turn.transact(async (tx) =>
      (await tx.hooks.ofSequence(sequenceId)).length < MOST_HOOKS
        ? addHook(tx, { sequenceId, ...read }, changingBy(turn))
        : undefined,
    );
    return added
      ? showHook(added, turn)
      : refuse(
          note(
            say`There are ten webhooks already`,
            say`Delete one that is no longer called, or let two systems share one.`,
          ),
        );
  },
});

export const editHook = formAction({
  id: 'hook.edit',
  payload: hookPayload,
  title: () => say`Edit a webhook`,
  submitLabel: () => say`Save`,

  async fields({ hookId }, turn: Turn) {
    const { hook, refused } = await hookFor(hookId, turn);
    return refused ? { refused } : { fields: fieldsOf(hook) };
  },

  async submit(values, { hookId }, turn) {
    const read = readFields(values);
    if (read.errors) return { kind: 'invalid', errors: read.errors };
    return change(hookId, turn, (tx, hook, by) => renameHook(tx, hook, read, by));
  },
});

/** Its link is good for whoever pressed; the secret behind it is shown once, whoever that is. */
export const showSecret = buttonAction({
  id: 'hook.secret',
  payload: hookPayload,

  async handle({ hookId }, turn: Turn): Promise<Reply> {
    const { hook, refused } = await hookFor(hookId, turn);
    if (refused) return refuse(refused);
    if (hook.isRevealed)
      return refuse(
        note(
          say`This secret was shown already`,
          say`It is shown once. Replace it, if it got lost.`,
        ),
      );
    return sendLink(
      { purpose: 'hook', subject: hookId },
      say`The secret of ${hook.name}`,
      [say`It is shown once. Have a place ready for it where the caller finds it.`],
      turn,
    );
  },
});

export const replaceSecret = formAction({
  id: 'hook.rotate',
  payload: hookPayload,
  title: () => say`Replace the secret`,
  submitLabel: () => say`Replace`,

  async fields({ hookId }, turn: Turn) {
    const { hook, refused } = await hookFor(hookId, turn);
    if (refused) return { refused };
    return {
      intro: [
        [
          { kind: 'strong', text: hook.name },
          say` gets a new secret, which is shown once. Calls that are signed with the one of now are taken for 24 hours more, so that nothing gets lost while the caller changes over. One that was replaced before ends now.`,
        ],
      ],
      fields: {},
    };
  },

  submit: (_values, { hookId }, turn) =>
    change(hookId, turn, (tx, hook, by) => rotateSecret(tx, hook, by)),
});

export const endOldSecret = buttonAction({
  id: 'hook.end-overlap',
  payload: hookPayload,
  handle: ({ hookId }, turn: Turn) =>
    change(hookId, turn, (tx, hook, by) => endOverlap(tx, hook, by)),
});

export const turnHookTo = buttonAction({
  id: 'hook.turn',
  payload: hookPayload.extend({ on: z.boolean() }),
  handle: ({ hookId, on }, turn: Turn) =>
    change(hookId, turn, (tx, hook, by) => turnHook(tx, hook, on, by)),
});

export const deleteThisHook = formAction({
  id: 'hook.delete',
  payload: hookPayload,
  title: () => say`Delete a webhook`,
  submitLabel: () => say`Delete`,
  tone: 'danger',

  async fields({ hookId }, turn: Turn) {
    const { hook, refused } = await hookFor(hookId, turn);
    if (refused) return { refused };
    return {
      intro: [
        [
          { kind: 'strong', text: hook.name },
          say` is gone for good, with its address and its secret: the caller is answered that there is no such hook. What it has started goes on.`,
        ],
      ],
      fields: {},
    };
  },

  submit: (_values, { hookId }, turn) =>
    change(hookId, turn, (tx, hook, by) => deleteHook(tx, hook, by)),
});

type Work = (tx: Transaction, hook: Hook, by: ChangingHooks) => Promise<Hook>;

/** In one transaction, again where a call or another admin changes it at the same moment. Its card says what came of it. */
async function change(hookId: string, turn: Turn, work: Work): Promise<Reply> {
  const { refused } = await hookFor(hookId, turn);
  if (refused) return refuse(refused);
  const changed = await retryStale(() =>
    turn.transact(async (tx) => {
      const hook = await tx.hooks.find(hookId);
      return hook && !hook.deletedAt ? work(tx, hook, changingBy(turn)) : undefined;
    }),
  );
  return changed ? { kind: 'nothing' } : refuse(gone());
}

const changingBy = (turn: Turn): ChangingHooks => ({
  now: turn.now,
  newId: turn.newId,
  randomBytes: turn.randomBytes,
  actor: actorOf(turn),
});

type Targeted =
  | { readonly hook: Hook; readonly refused?: undefined }
  | { readonly hook?: undefined; readonly refused: Card };

async function hookFor(hookId: string, turn: Turn): Promise<Targeted> {
  const { refused } = await asAdmin(WHAT(), turn);
  if (refused) return { refused };
  const hook = await turn.stores.hooks.find(hookId);
  return hook && !hook.deletedAt ? { hook } : { refused: gone() };
}

const gone = () => note(say`This webhook was deleted`, say`What it has started goes on.`);
