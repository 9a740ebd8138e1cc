/** One webhook of a sequence: its address, how to call it, the results of its last calls, and buttons for all changes. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { nameOrDeleted } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { endOverlap, rotateSecret } from '../../../engine/sequences/hooks/change-hook.ts';
import type { Hook, HookCall } from '../../../engine/sequences/hooks/hook.ts';
import { sequenceStartsTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, showCard } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  code,
  factList,
  muted,
  paragraph,
  rich,
  strong,
  type Text,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { linkToSecret, secretState } from '../webhook-secret.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { deleteThisHook, editHook, turnHookTo } from './edit-hook.ts';
import { changeHook, hookFor, hookGone, hookPayload, hookToRead } from './hook-ref.ts';

const CALLS_SHOWN = 8;

const shown = hookPayload.extend({
  sequenceId: z.string(),
  /** The URL to call. It comes from the environment, so it isn't in the database. */
  url: z.string(),
  isPublic: z.boolean(),
});

export const hookCard = liveCard({
  id: 'hook',
  payload: shown,
  topic: ({ sequenceId }) => sequenceStartsTopic(sequenceId),

  async render({ hookId, url, isPublic }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    if (!maySeeSetUp(reader)) return onlyReadersCan(t`You can't see webhooks any more`, context);
    const hook = await stores.hooks.find(hookId);
    if (!hook || hook.deletedAt) return hookGone();
    const calls = (await stores.hookCalls.newest(hookId)).slice(0, CALLS_SHOWN);
    const sequence = await stores.sequences.find(hook.sequenceId);
    const started = strong(sequence?.name ?? t`a deleted sequence`);
    return {
      title: t`Webhook: ${hook.name}`,
      blocks: compact([
        paragraph(
          hook.isOn
            ? rich`Each call starts ${started} for the person it names.`
            : rich`Turned off, so calls are refused. When it is on, each call starts ${started} for the person it names.`,
        ),
        factList([
          [t`Address`, [code(url)]],
          [t`Person`, rich`the email address in the JSON of the call, at ${code(hook.emailPath)}`],
          [t`Secret`, secretWords(hook, context)],
        ]),
        muted(how()),
        muted([code(shellCall(url))]),
        !isPublic &&
          muted(
            t`For now only the machine that runs Latchkey can call it, because no public address is configured. Your operator can set PUBLIC_URL.`,
          ),
        ...buttonRow(buttonsOf(hook, context)),
        ...(await callLines(hook, calls, context)),
      ]),
    };
  },
});

const how = (): Text =>
  rich`Call it with POST and the header ${code('Latchkey-Signature: t=<seconds>,v1=<hex>')}; hex is the HMAC-SHA256, under the secret, of the seconds since 1970, a dot, and the body. In a shell, with SECRET and BODY set:`;

const shellCall = (url: string): string =>
  `T=$(date +%s); curl ${url} -H "Latchkey-Signature: t=$T,v1=$(printf %s "$T.$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -c1-64)" -d "$BODY"`;

function secretWords(hook: Hook, context: Reader): string {
  const { before } = hook;
  const now = secretState(hook);
  return before && before.until > context.now()
    ? t`${now}. The previous one works until ${showTime(before.until, context)}`
    : now;
}

function buttonsOf({ id: hookId, isOn, isRevealed, before }: Hook, { now }: Reader): Button[] {
  const target = { hookId };
  return compact([
    !isRevealed && { label: t`Show the secret`, tone: 'primary', does: showSecret.with(target) },
    { label: t`Replace the secret…`, does: replaceSecret.with(target) },
    before &&
      before.until > now() && { label: t`End the old secret now`, does: endOldSecret.with(target) },
    { label: t`Edit…`, does: editHook.with(target) },
    { label: isOn ? t`Turn off` : t`Turn on`, does: turnHookTo.with({ ...target, on: !isOn }) },
    { label: t`Delete…`, does: deleteThisHook.with(target) },
  ]);
}

export const showHook = ({ id: hookId, sequenceId }: Hook, { links }: Turn): Reply =>
  showCard(
    hookCard.with({
      hookId,
      sequenceId,
      url: links.hookUrlOf(hookId),
      isPublic: links.isPublic,
    }),
  );

export const openHook = buttonAction({
  id: 'hook.open',
  payload: hookPayload,
  admit: hookToRead,

  handle: async (_payload, { hook, ...turn }): Promise<Reply> => showHook(hook, turn),
});

/** The results of the webhook's last calls. */
async function callLines(
  { refusals, lastRefusal }: Hook,
  calls: readonly HookCall[],
  context: Reader,
): Promise<Block[]> {
  const lines = await Promise.all(calls.map((call) => callLine(call, context)));
  const unsigned = lastRefusal ? [unsignedWords(refusals, lastRefusal, context)] : [];
  return [
    { kind: 'divider' },
    paragraph([strong(calls.length === 0 ? t`Not called yet` : t`Recent calls`)]),
    ...[...lines, ...unsigned].map(muted),
  ];
}

function unsignedWords(
  refusals: number,
  { at, why }: NonNullable<Hook['lastRefusal']>,
  context: Reader,
): string {
  const when = showTime(at, context);
  return plural(refusals, {
    one: t`1 call without a valid signature, on ${when}. The answer was: ${why}`,
    other: t`${sayNumber(refusals)} calls without a valid signature, the last on ${when}. The answer was: ${why}`,
  });
}

async function callLine({ at, eventId, why }: HookCall, context: Reader): Promise<string> {
  const { stores } = context;
  const when = showTime(at, context);
  const event = eventId === undefined ? undefined : await stores.sequenceEvents.find(eventId);
  if (!event) return t`${when} · refused. ${why ?? ''}`;
  const person = await stores.people.find(event.personId);
  const who = nameOrDeleted(person);
  switch (event.state) {
    case 'waiting':
      return t`${when} · ${who} · accepted`;
    case 'started':
      return t`${when} · ${who} · ✓ started`;
    case 'refused':
      return t`${when} · ${who} · accepted, not started. ${sayStored(event.why)}`;
    default:
      return unreachable(event);
  }
}

export const showSecret = buttonAction({
  id: 'hook.secret',
  payload: hookPayload,
  admit: hookFor,

  async handle(_payload, { hook, ...turn }): Promise<Reply> {
    const hint = t`You can see it only once. Be ready to save it in the calling system.`;
    return linkToSecret(hook, { hint }, turn);
  },
});

export const replaceSecret = formAction({
  id: 'hook.rotate',
  payload: hookPayload,
  admit: hookFor,
  title: () => t`Replace the secret`,
  submitLabel: () => t`Replace`,

  fields: async (_payload, { hook }) => ({
    intro: [
      rich`${strong(hook.name)} gets a new secret, shown once. The current one works for another 24 hours, so no calls get lost; an earlier one stops working now.`,
    ],
  }),

  submit: (_values, _payload, turn) => changeHook(turn, rotateSecret),
});

export const endOldSecret = buttonAction({
  id: 'hook.end-overlap',
  payload: hookPayload,
  admit: hookFor,
  handle: (_payload, turn) => changeHook(turn, endOverlap),
});
