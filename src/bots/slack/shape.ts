/**
 * Checks that a signed request has the shape of Slack's requests, in every field that we read. The SDK has types but no
 * checks.
 */
import { z } from 'zod';

const text = z.string();
const withId = z.looseObject({ id: text });

/** Events with a shape of their own. */
const ofTheirOwn = new Set(['team_join', 'app_home_opened', 'tokens_revoked', 'function_executed']);

/** `team_join` carries the whole user, all other events only the user's id. */
const event = z.union([
  z.looseObject({ type: z.literal('team_join'), user: withId }),
  z.looseObject({ type: z.literal('app_home_opened'), user: text, tab: text.nullish() }),
  z.looseObject({
    type: z.literal('tokens_revoked'),
    tokens: z.looseObject({ bot: z.array(text).nullish() }),
  }),
  z.looseObject({
    type: z.literal('function_executed'),
    function: z.looseObject({ callback_id: text }),
  }),
  z.looseObject({
    type: text.refine((type) => !ofTheirOwn.has(type)),
    // An edited message, for example, has no user.
    user: text.nullish(),
    channel: text.nullish(),
    text: text.nullish(),
  }),
]);

const shape = z.looseObject({
  type: text.nullish(),
  // Bolt reads the next three.
  team_id: text.nullish(),
  authorizations: z.array(z.looseObject({ team_id: text.nullish() })).nullish(),
  team: withId.nullish(),
  user: withId.nullish(),
  channel: withId.nullish(),
  // A form field that comes twice becomes a list.
  command: text.nullish(),
  text: text.nullish(),
  user_id: text.nullish(),
  channel_id: text.nullish(),
  trigger_id: text.nullish(),
  response_url: text.nullish(),
  action_id: text.nullish(),
  block_id: text.nullish(),
  callback_id: text.nullish(),
  value: text.nullish(),
  container: z.looseObject({ channel_id: text.nullish(), message_ts: text.nullish() }).nullish(),
  message: z.looseObject({ ts: text.nullish(), user: text.nullish() }).nullish(),
  actions: z
    .array(
      z
        .looseObject({
          type: text,
          action_id: text,
          block_id: text,
          value: text.nullish(),
          selected_option: z.looseObject({ value: text }).nullish(),
        })
        .refine(({ type, selected_option }) => type !== 'overflow' || selected_option != null),
    )
    .min(1)
    .nullish(),
  view: z
    .looseObject({
      id: text,
      type: text.nullish(),
      callback_id: text.nullish(),
      private_metadata: text.nullish(),
    })
    .nullish(),
  event_id: text.nullish(),
  event: event.nullish(),
});

/** The required fields for each type of interaction. A command has none. */
const needed: ReadonlyMap<string, readonly string[]> = new Map([
  ['event_callback', ['event', 'event_id']],
  ['block_actions', ['user', 'trigger_id', 'actions', 'container']],
  ['block_suggestion', ['user', 'action_id', 'block_id', 'value']],
  ['view_submission', ['user', 'view']],
  ['view_closed', ['user', 'view']],
  ['shortcut', ['user', 'trigger_id', 'callback_id']],
  ['message_action', ['user', 'trigger_id', 'callback_id', 'channel', 'message']],
]);
const neededByCommands = ['user_id', 'channel_id', 'trigger_id'];

export function isAsSlackSends(body: unknown): boolean {
  const read = shape.safeParse(body);
  if (!read.success) return false;
  const { type, command } = read.data;
  const fields = command == null ? (needed.get(String(type)) ?? []) : neededByCommands;
  return fields.every((field) => read.data[field] != null);
}

/** Slack's own word, at most once a minute, that it leaves out events. It is no event, and nothing listens to it. */
export const isRateLimited = (body: unknown): boolean => limited.safeParse(body).success;
const limited = z.looseObject({ type: z.literal('app_rate_limited') });

/** Whatever its event is. */
export const isEvent = (body: unknown): boolean => envelope.safeParse(body).success;
const envelope = z.looseObject({ event: z.looseObject({}) });
