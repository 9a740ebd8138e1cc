/** Whether a signed request has the shape that Slack's have, in all that is read of it: the SDK types it and doesn't look. */
import { z } from 'zod';

const text = z.string();
const named = z.union([text, z.looseObject({ id: text })]);

const shape = z.looseObject({
  type: text.nullish(),
  user: named.nullish(),
  channel: named.nullish(),
  // Fields of a form that come twice are a list.
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
    .array(z.looseObject({ type: text, action_id: text, block_id: text, value: text.nullish() }))
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
  event: z
    .looseObject({
      type: text,
      user: named.nullish(),
      channel: named.nullish(),
      text: text.nullish(),
      tab: text.nullish(),
    })
    .nullish(),
});

/** What has to be there, by the type of an interaction; a command has none. */
const needed: Readonly<Record<string, readonly string[]>> = {
  block_actions: ['user', 'trigger_id', 'actions', 'container'],
  block_suggestion: ['user', 'action_id', 'block_id', 'value'],
  view_submission: ['user', 'view'],
  shortcut: ['user', 'trigger_id', 'callback_id'],
  message_action: ['user', 'trigger_id', 'callback_id', 'channel', 'message'],
};
const OF_SOMEBODY = new Set(['team_join', 'app_home_opened']);
const neededByCommands = ['user_id', 'channel_id', 'trigger_id'];

export function isAsSlackSends(body: unknown): boolean {
  const read = shape.safeParse(body);
  if (!read.success) return false;
  const { type, command, event } = read.data;
  // An edited message, say, is nobody's.
  if (event && OF_SOMEBODY.has(event.type) && event.user == null) return false;
  const fields = command == null ? (needed[String(type)] ?? []) : neededByCommands;
  return fields.every((field) => read.data[field] != null);
}
