/** What the SDK types and doesn't look at. */
import { expect, test } from 'vitest';
import { isAsSlackSends } from '../../../src/bots/slack/shape.ts';

const press = {
  type: 'block_actions',
  user: { id: 'U1' },
  trigger_id: '1.1',
  channel: { id: 'D1' },
  container: { message_ts: '1.1' },
  actions: [{ type: 'button', action_id: 'a', block_id: 'b', value: '{}' }],
};
const command = { command: '/latchkey', user_id: 'U1', channel_id: 'D1', trigger_id: '1.1' };
const eventOf = (event: unknown) => ({ type: 'event_callback', event_id: 'Ev1', event });
const message = { type: 'message', channel_type: 'im', channel: 'D1', user: 'U1', text: 'help' };

test.each([
  ['a press', press],
  [
    'a choice in a menu',
    {
      ...press,
      actions: [
        { type: 'overflow', action_id: 'menu', block_id: 'b', selected_option: { value: 'a {}' } },
      ],
    },
  ],
  ['a command', command],
  ['a message', eventOf(message)],
  ['an edited message, which is nobody’s', eventOf({ ...message, user: undefined })],
  ['someone who joins', eventOf({ type: 'team_join', user: { id: 'U1' } })],
  ['Home that is opened', eventOf({ type: 'app_home_opened', user: 'U1', tab: 'home' })],
  ['a step', eventOf({ type: 'function_executed', function: { callback_id: 'x' }, inputs: {} })],
  ['a kind that comes later, of whatever name', { ...press, type: 'toString' }],
])('%s is as Slack sends it', (_, body) => {
  expect(isAsSlackSends(body)).toBe(true);
});

test.each([
  ['a press in a channel that is a text', { ...press, channel: 'D1' }],
  [
    'a choice in a menu that names none',
    { ...press, actions: [{ type: 'overflow', action_id: 'menu', block_id: 'b' }] },
  ],
  ['a press in a channel without an id', { ...press, channel: { name: 'x' } }],
  ['a press of nobody', { ...press, user: 'U1' }],
  ['a press of nothing', { ...press, actions: [] }],
  ['a command of nobody', { ...command, user_id: undefined }],
  ['a command with two users', { ...command, user_id: ['U1', 'U2'] }],
  ['an event that looks like another', { ...eventOf(message), event_id: undefined }],
  ['a message of a user who is no text', eventOf({ ...message, user: { id: 'U1' } })],
  ['a message in a channel that is no text', eventOf({ ...message, channel: { id: 'D1' } })],
  ['someone who joins, told by id', eventOf({ type: 'team_join', user: 'U1' })],
  ['Home of a user who is no text', eventOf({ type: 'app_home_opened', user: { id: 'U1' } })],
  ['a step of no name', eventOf({ type: 'function_executed', inputs: {} })],
  ['a text', 'x'],
])('%s is not', (_, body) => {
  expect(isAsSlackSends(body)).toBe(false);
});
