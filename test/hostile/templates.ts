/** Valid inputs of every kind, to be damaged. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Json, parseJson } from '../../src/core/json.ts';

const MANIFESTS = 'manifests';
/** The ready-made integrations: between them they use every key. */
export const manifests: readonly Json[] = readdirSync(MANIFESTS)
  .filter((name) => name.endsWith('.json'))
  .map((name) => parseJson(readFileSync(`${MANIFESTS}/${name}`, 'utf8')));

export const csvs = [
  'email,first name,last name,manager,start,role',
  'email;name;phone',
  'E-Mail Address\tTitle\tDept\tTime Zone\tbuddy',
  '\uFEFFemail',
  'nothing,known',
  '',
];

const team = { id: 'T0', domain: 'x' };
const user = { id: 'U0', team_id: 'T0', username: 'ada' };
const RESPONSE_URL = 'http://127.0.0.1:1/nowhere';
const call = (id: string, payload: Json) =>
  JSON.stringify({ id, payload: JSON.stringify(payload), session: 'x' });

export const interactions: readonly Json[] = [
  {
    type: 'block_actions',
    team,
    user,
    api_app_id: 'A0',
    trigger_id: 'x',
    response_url: RESPONSE_URL,
    container: { type: 'message', message_ts: '1.1', channel_id: 'D0', is_ephemeral: false },
    channel: { id: 'D0', name: 'directmessage' },
    message: { ts: '1.1', blocks: [], text: 'x' },
    actions: [
      {
        type: 'button',
        action_id: 'people.page',
        block_id: 'b',
        value: '{"text":"","left":false,"page":0}',
        action_ts: '1.1',
      },
    ],
  },
  {
    type: 'view_submission',
    team,
    user,
    api_app_id: 'A0',
    trigger_id: 'x',
    view: {
      id: 'V0',
      hash: 'h',
      type: 'modal',
      callback_id: 'person.edit',
      private_metadata: call('person.edit', { personId: 'x' }),
      state: {
        values: {
          firstName: { value: { type: 'plain_text_input', value: 'Ann' } },
          role: { value: { type: 'static_select', selected_option: { value: '0' } } },
          day: { value: { type: 'datepicker', selected_date: '2026-11-24' } },
          file: { value: { type: 'file_input', files: [{ id: 'F0', name: 'x.csv', size: 3 }] } },
        },
      },
      blocks: [],
    },
    response_urls: [],
  },
  {
    type: 'block_suggestion',
    team,
    user,
    api_app_id: 'A0',
    action_id: 'value',
    block_id: 'team',
    value: 'a',
    container: { type: 'view', view_id: 'V0' },
    view: { id: 'V0', private_metadata: call('access.grant', {}), callback_id: 'x', state: {} },
  },
  {
    type: 'shortcut',
    team,
    user,
    callback_id: 'access',
    trigger_id: 'x',
    action_ts: '1.1',
  },
  {
    type: 'message_action',
    team,
    user,
    callback_id: 'access_of_author',
    trigger_id: 'x',
    response_url: RESPONSE_URL,
    channel: { id: 'C0', name: 'x' },
    message: { type: 'message', user: 'U1', ts: '1.1', text: 'hi' },
  },
  { type: 'view_closed', team, user, view: { id: 'V0', callback_id: 'x', private_metadata: '' } },
];

const eventOf = (event: Json): Json => ({
  token: 'x',
  team_id: 'T0',
  api_app_id: 'A0',
  type: 'event_callback',
  event_id: 'Ev0',
  event_time: 1,
  authorizations: [{ team_id: 'T0', user_id: 'U0BOT', is_bot: true }],
  event,
});
export const slackEvents: readonly Json[] = [
  eventOf({
    type: 'message',
    channel_type: 'im',
    channel: 'D0',
    user: 'U0',
    text: 'help',
    ts: '1.1',
  }),
  eventOf({
    type: 'app_mention',
    channel: 'C0',
    user: 'U0',
    text: '<@U0BOT> access Ann',
    ts: '1.2',
  }),
  eventOf({ type: 'app_home_opened', user: 'U0', tab: 'home', channel: 'D0', view: null }),
  eventOf({ type: 'team_join', user: { id: 'U9', team_id: 'T0', name: 'x' } }),
  eventOf({
    type: 'message',
    subtype: 'file_share',
    channel_type: 'im',
    channel: 'D0',
    user: 'U0',
    text: 'import',
    ts: '1.3',
    files: [{ id: 'F0', name: 'a.csv', url_private_download: 'http://127.0.0.1:1/', size: 5 }],
  }),
  { type: 'url_verification', challenge: 'abc', token: 'x' },
];

export function activities(serviceUrl: string): readonly Json[] {
  const base = {
    id: '1',
    timestamp: '2026-11-24T09:00:00.511Z',
    channelId: 'msteams',
    serviceUrl,
    from: { id: '29:1ada', name: 'Ada', aadObjectId: '11111111-1111-4111-8111-111111111111' },
    recipient: { id: '28:bot', name: 'Latchkey' },
    conversation: { conversationType: 'personal', tenantId: 't', id: 'a:1' },
    channelData: { tenant: { id: 't' } },
    locale: 'en-US',
  };
  const invoke = (name: string, value: Json): Json => ({ ...base, type: 'invoke', name, value });
  return [
    { ...base, type: 'message', text: 'access Ann', textFormat: 'plain', entities: [] },
    {
      ...base,
      type: 'message',
      text: '<at>Latchkey</at> help',
      conversation: { isGroup: true, conversationType: 'channel', id: '19:x@thread.tacv2' },
      entities: [{ type: 'mention', text: '<at>Latchkey</at>', mentioned: { id: '28:bot' } }],
    },
    { ...base, type: 'message', value: { action: 'people.page', payload: '{"text":""}' } },
    invoke('adaptiveCard/action', {
      action: { type: 'Action.Execute', verb: 'people.page', data: { payload: '{}' } },
      trigger: 'manual',
    }),
    invoke('task/fetch', { data: { id: 'person.edit', payload: '{"personId":"x"}' } }),
    invoke('task/submit', { data: { session: 'x', id: 'x', payload: '{}', firstName: 'A' } }),
    invoke('application/search', {
      queryText: 'a',
      dataset: 'x',
      queryOptions: { skip: 0, top: 15 },
    }),
    invoke('composeExtension/fetchTask', { commandId: 'access', commandContext: 'compose' }),
    { ...base, type: 'conversationUpdate', membersAdded: [{ id: '29:2' }] },
    { ...base, type: 'installationUpdate', action: 'add' },
    { ...base, type: 'messageReaction', reactionsAdded: [{ type: 'like' }] },
  ];
}
