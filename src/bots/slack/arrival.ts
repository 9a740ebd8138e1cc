/** What Slack sends is stored before we acknowledge it, unless Slack waits until it is handled. */
import { z } from 'zod';
import type { Arrival } from '../view/inbox.ts';
import { keyOf, type SlackBotDeps } from './interaction.ts';
import { ACKNOWLEDGE_MS } from './limits.ts';
import { stepEvent } from './workflow-step.ts';

const withId = z.looseObject({ id: z.string() });
const message = z.looseObject({
  type: z.literal('message'),
  user: z.string(),
  channel: z.string(),
  channel_type: z.literal('im'),
  text: z.string().nullish(),
  files: z.unknown().optional(),
  // Edits and joins have another one.
  subtype: z.literal('file_share').optional(),
  // Bolt leaves out our own messages, and this those of other bots.
  bot_id: z.undefined().optional(),
});
const mention = z.looseObject({
  type: z.literal('app_mention'),
  user: z.string(),
  channel: z.string(),
  text: z.string(),
  /** The thread that it was written in. */
  thread_ts: z.string().optional(),
  bot_id: z.undefined().optional(),
});
const pressed = z.looseObject({ type: z.enum(['button', 'overflow', 'checkboxes']) });

/** Of what is answered: who sent it, and what its key is made of. */
const shapes = z.union([
  z
    .looseObject({ command: z.string(), user_id: z.string(), trigger_id: z.string() })
    .transform(({ user_id, trigger_id }) => [user_id, trigger_id] as const),
  z
    .looseObject({
      type: z.literal('block_actions'),
      user: withId,
      trigger_id: z.string(),
      // A choice in a form is read when the form is submitted.
      actions: z.tuple([pressed], z.unknown()),
    })
    .transform(({ user, trigger_id }) => [user.id, trigger_id] as const),
  z
    .looseObject({
      type: z.enum(['shortcut', 'message_action']),
      user: withId,
      trigger_id: z.string(),
    })
    .transform(({ user, trigger_id }) => [user.id, trigger_id] as const),
  z
    .looseObject({
      type: z.literal('event_callback'),
      event_id: z.string(),
      event: z.union([
        message,
        mention,
        z.looseObject({
          type: z.literal('app_home_opened'),
          user: z.string(),
          tab: z.enum(['home', 'messages']),
        }),
      ]),
    })
    .transform(({ event, event_id }) => [event.user, event_id] as const),
  z
    .looseObject({ type: z.literal('event_callback'), event: stepEvent })
    .transform(({ event }) => [event.inputs.person, event.function_execution_id, true] as const),
]);

/** Undefined unless a person wrote it in our direct conversation. */
export const readMessage = (event: unknown): z.infer<typeof message> | undefined =>
  message.safeParse(event).data;

/** Undefined unless a person mentioned us in a channel. */
export const readMention = (event: unknown): z.infer<typeof mention> | undefined =>
  mention.safeParse(event).data;

/** Undefined for what is not stored, also before Slack has told us who we are. */
export async function arrivalOf(
  body: unknown,
  self: SlackBotDeps['self'],
): Promise<Arrival | undefined> {
  const { data: found } = shapes.safeParse(body);
  const us = found && (await self().catch(() => undefined));
  if (!us) return undefined;
  const [userId, id, isOfWorkflow = false] = found;
  return {
    user: { platform: 'slack', tenant: us.teamId, userId },
    key: keyOf(id),
    content: body,
    isOfWorkflow,
    withinMs: ACKNOWLEDGE_MS,
  };
}
