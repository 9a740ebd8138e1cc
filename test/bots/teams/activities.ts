/** Activities as Teams sends them (its documentation's examples, with our ids). */
let next = 0;
export const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47';
export const TEAM = '19:team@thread.tacv2';
export const ANN = {
  id: '29:1ann',
  name: 'Ann Lee',
  aadObjectId: '11111111-1111-4111-8111-111111111111',
};
export const BOB = {
  ...ANN,
  id: '29:1bob',
  name: 'Bob Ray',
  aadObjectId: '22222222-2222-4222-8222-222222222222',
};
const BOT = { id: '28:c9e8c047-2a74-40a2-b28a-b162d5f5327c', name: 'Latchkey' };

export type TestActivity = Readonly<Record<string, unknown>> & { readonly id: string };

const base = (serviceUrl: string, from: object = ANN) => ({
  id: `1485983408${++next}`,
  timestamp: '2026-11-24T09:00:00.511Z',
  localTimestamp: '2026-11-24T10:00:00.511+01:00',
  channelId: 'msteams',
  serviceUrl,
  from,
  recipient: BOT,
  locale: 'en-US',
});

export const personal = (serviceUrl: string, from: typeof ANN = ANN) => ({
  ...base(serviceUrl, from),
  conversation: { conversationType: 'personal', tenantId: TENANT, id: `a:1${from.id}` },
  channelData: { tenant: { id: TENANT } },
});

export const inChannel = (serviceUrl: string, from: typeof ANN = ANN) => ({
  ...base(serviceUrl, from),
  conversation: {
    isGroup: true,
    conversationType: 'channel',
    tenantId: TENANT,
    id: '19:253b1f341670408fb6fe51050b6e5ceb@thread.tacv2;messageid=1485983194839',
  },
  channelData: {
    channel: { id: '19:253b1f341670408fb6fe51050b6e5ceb@thread.tacv2' },
    team: { id: TEAM },
    tenant: { id: TENANT },
  },
});

export const message = (
  at: TestActivity,
  text: string,
  ...mentioned: (typeof ANN)[]
): TestActivity => ({
  ...at,
  type: 'message',
  textFormat: 'plain',
  text,
  entities: [
    { type: 'clientInfo', locale: 'en-US', country: 'US', platform: 'Web' },
    ...[BOT, ...mentioned].map(({ id, name }) => ({
      type: 'mention',
      mentioned: { id, name },
      text: `<at>${name}</at>`,
    })),
  ],
});

/** A press of an `Action.Submit`; Teams sends what the button carries together with the inputs. */
export const press = (
  at: TestActivity,
  card: string,
  data: object,
  inputs: object = {},
): TestActivity => ({
  ...at,
  type: 'message',
  replyToId: card,
  value: { ...inputs, ...data },
});

export const taskFetch = (at: TestActivity, card: string, data: object): TestActivity => ({
  ...at,
  type: 'invoke',
  name: 'task/fetch',
  replyToId: card,
  value: { data: { ...data, type: 'task/fetch' }, context: { theme: 'default' } },
});

export const taskSubmit = (at: TestActivity, data: object, inputs: object = {}): TestActivity => ({
  ...at,
  type: 'invoke',
  name: 'task/submit',
  value: { data: { ...inputs, ...data }, context: { theme: 'default' } },
});

/** @param skip how many options the client has already */
export const search = (
  at: TestActivity,
  dataset: string,
  queryText: string,
  skip = 0,
): TestActivity => ({
  ...at,
  type: 'invoke',
  name: 'application/search',
  value: { kind: 'search', queryText, queryOptions: { skip, top: 15 }, dataset },
});

/** Someone opens a message whose card can be refreshed. */
export const execute = (at: TestActivity, card: string, verb = 'refresh'): TestActivity => ({
  ...at,
  type: 'invoke',
  name: 'adaptiveCard/action',
  replyToId: card,
  value: { action: { type: 'Action.Execute', id: '', verb, data: {} }, trigger: 'automatic' },
});

/** In a chat of two people that the bot is no part of. */
const ofTwo = (serviceUrl: string) => ({
  ...personal(serviceUrl),
  conversation: { conversationType: 'personal', tenantId: TENANT, id: '19:ann_bob@unq.gbl.spaces' },
  type: 'invoke',
});

/** "Access…" on the message that someone or an app wrote. */
export const extension = (serviceUrl: string, author: typeof ANN | 'an app'): TestActivity => ({
  ...ofTwo(serviceUrl),
  name: 'composeExtension/fetchTask',
  value: {
    commandId: 'access',
    commandContext: 'message',
    context: { theme: 'default' },
    messagePayload: {
      id: '1700000000000',
      from:
        author === 'an app'
          ? {
              user: null,
              application: { applicationIdentityType: 'bot', id: 'b', displayName: 'Other' },
            }
          : {
              application: null,
              user: {
                userIdentityType: 'aadUser',
                id: author.aadObjectId,
                displayName: author.name,
              },
            },
      body: { contentType: 'text', content: 'hello' },
    },
  },
});

/** "Access…" where one writes, or in the command box. */
export const extensionAnywhere = (
  serviceUrl: string,
  commandContext: 'compose' | 'commandBox' = 'compose',
): TestActivity => ({
  ...ofTwo(serviceUrl),
  name: 'composeExtension/fetchTask',
  value: { commandId: 'access', commandContext, context: { theme: 'default' } },
});

/** The answer to the extension's dialog. */
export const extensionSubmit = (
  serviceUrl: string,
  data: object,
  inputs: object = {},
): TestActivity => ({
  ...ofTwo(serviceUrl),
  name: 'composeExtension/submitAction',
  value: {
    commandId: 'access',
    commandContext: 'compose',
    context: { theme: 'default' },
    data: { ...inputs, ...data },
  },
});

/** Someone puts a link into a message, in a chat that the bot may be no part of. */
export const queryLink = (serviceUrl: string, value: object): TestActivity => ({
  ...ofTwo(serviceUrl),
  name: 'composeExtension/queryLink',
  value,
});

/** A press below a link that someone else wrote there, and the answer to the form that it opened. */
export const fetchBelowLink = (serviceUrl: string, data: object): TestActivity =>
  taskFetch(ofTwo(serviceUrl), '1700000000001', data);
export const submitBelowLink = (
  serviceUrl: string,
  data: object,
  inputs: object = {},
): TestActivity => taskSubmit(ofTwo(serviceUrl), data, inputs);

export const installed = (at: TestActivity): TestActivity => ({
  ...at,
  type: 'installationUpdate',
  action: 'add',
});

export const botAdded = (at: TestActivity): TestActivity => ({
  ...at,
  type: 'conversationUpdate',
  membersAdded: [{ id: BOT.id }, { id: ANN.id, aadObjectId: ANN.aadObjectId }],
});

/** A team's owner adds someone to it. */
export const memberAdded = (
  at: TestActivity,
  ...members: readonly { readonly id: string; readonly aadObjectId?: string }[]
): TestActivity => ({
  ...at,
  type: 'conversationUpdate',
  membersAdded: members.map(({ id, aadObjectId }) => ({ id, ...(aadObjectId && { aadObjectId }) })),
});

/** What Teams says of a file in a message, as its documentation has it. */
export const fileInfo = (name: string, downloadUrl: string) => ({
  contentType: 'application/vnd.microsoft.teams.file.download.info',
  contentUrl: `https://contoso.sharepoint.com/personal/ann/Documents/Applications/${name}`,
  name,
  content: {
    downloadUrl,
    uniqueId: '1150D938-8870-4044-9F2C-5BBDEBA70C9D',
    fileType: 'csv',
    etag: '1',
  },
});
