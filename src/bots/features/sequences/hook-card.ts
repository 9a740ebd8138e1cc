/** One webhook of a sequence: its address, how to call it, the results of its last calls, and buttons for all changes. */

import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Hook } from '../../../engine/sequences/hooks/hook.ts';
import { sequenceStartsTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { type Button, type Card, code, note, rich, strong, type Text } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { refuse } from '../admins.ts';
import { deleteThisHook, editHook, turnHookTo } from './edit-hook.ts';
import { callLines } from './hook-calls.ts';
import { hookFor, hookGone, hookPayload } from './hook-ref.ts';
import { endOldSecret, replaceSecret, showSecret } from './hook-secret.ts';

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
  subject: ({ sequenceId }) => sequenceStartsTopic(sequenceId),

  async render({ hookId, url, isPublic }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    if (!isAdmin(reader))
      return note(t`You can't see webhooks any more`, t`Only Latchkey admins can.`);
    const hook = await stores.hooks.find(hookId);
    if (!hook || hook.deletedAt) return hookGone();
    const calls = (await stores.hookCalls.newest(hookId)).slice(0, CALLS_SHOWN);
    const sequence = await stores.sequences.find(hook.sequenceId);
    const started = strong(sequence?.name ?? t`a sequence that is gone`);
    return {
      title: t`Webhook: ${hook.name}`,
      blocks: [
        {
          kind: 'text',
          text: hook.isOn
            ? rich`Each call starts ${started} for the person whom it names.`
            : rich`Turned off: its calls are refused. When it is on, each call starts ${started} for the person whom it names.`,
        },
        {
          kind: 'facts',
          facts: [
            [t`Address`, [{ kind: 'code', text: url }]],
            [
              t`Whom it names`,
              rich`the email address in the JSON of the call, at ${code(hook.emailPath)}`,
            ],
            [t`Secret`, [secretWords(hook, context)]],
          ],
        },
        { kind: 'text', muted: true, text: how() },
        ...(isPublic
          ? []
          : [
              {
                kind: 'text',
                muted: true,
                text: [
                  t`Only the machine that Latchkey runs on can call it now: no public address is configured. Your operator can set PUBLIC_URL.`,
                ],
              } as const,
            ]),
        { kind: 'buttons', buttons: buttonsOf(hook, context) },
        ...(await callLines(hook, calls, context)),
      ],
    };
  },
});

const how = (): Text =>
  rich`It is called with POST and a header ${code('Latchkey-Signature: t=<seconds>,v1=<hex>')}, where hex is the HMAC-SHA256, under the secret, of the seconds since 1970, a dot, and the body. docs/messages-and-events.md has an example to copy.`;

function secretWords({ isRevealed, before }: Hook, context: Reader): string {
  const now = isRevealed
    ? t`was shown; replace it if it got lost`
    : t`nobody has seen it yet: it is shown once, in your browser`;
  return before && before.until > context.now()
    ? t`${now}. The one before is good until ${showTime(before.until, context)}`
    : now;
}

function buttonsOf({ id: hookId, isOn, isRevealed, before }: Hook, { now }: Reader): Button[] {
  const target = { hookId };
  return [
    ...(isRevealed
      ? []
      : [{ label: t`Show the secret`, tone: 'primary' as const, does: showSecret.with(target) }]),
    { label: t`Replace the secret…`, does: replaceSecret.with(target) },
    ...(before && before.until > now()
      ? [{ label: t`End the old secret now`, does: endOldSecret.with(target) }]
      : []),
    { label: t`Edit…`, does: editHook.with(target) },
    { label: isOn ? t`Turn off` : t`Turn on`, does: turnHookTo.with({ ...target, on: !isOn }) },
    { label: t`Delete…`, tone: 'danger', does: deleteThisHook.with(target) },
  ];
}

export const showHook = ({ id: hookId, sequenceId }: Hook, { links }: Turn): Reply => ({
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
