import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Downloaded } from '../../../src/core/network/download.ts';
import {
  ANN,
  BOB,
  botAdded,
  fileInfo,
  inChannel,
  installed,
  memberAdded,
  message,
  personal,
  TENANT,
  type TestActivity,
} from './activities.ts';
import { type Connector, startConnector } from './connector/connector-double.ts';
import { runText } from './official-parser.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

let connector: Connector;
let bot: SmallBot;
let asked: string[];
/** What every file is. */
let file: Downloaded;

beforeEach(async () => {
  asked = [];
  file = { kind: 'bytes', bytes: Buffer.from('\uFEFFname') };
  connector = await startConnector();
  connector.members.push(ANN, { ...BOB, userRole: 'guest' });
  bot = await startSmallBot(
    { local: true },
    {
      download: async (url, { maxBytes }) => {
        asked.push(`${url} up to ${maxBytes}`);
        return file;
      },
    },
  );
});
afterEach(async () => {
  await bot.stop();
  await connector.stop();
});

async function deliver(activity: TestActivity): Promise<void> {
  const response = await fetch(bot.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(activity),
  });
  expect(response.status).toBe(200);
  await bot.teams.idle();
}
const shown = () => connector.messages.map(({ card }) => runText(card)).join();
const withFiles = (text: string, ...attachments: readonly object[]): TestActivity => ({
  ...message(personal(connector.url), text),
  attachments: [{ contentType: 'text/html', content: '<p>read</p>' }, ...attachments],
});
const URL_OF_FILE = 'https://contoso.sharepoint.com/download?tempauth=abc';

test('files that come with a message are words after what was typed, read where Teams says', async () => {
  await deliver(withFiles('read this', fileInfo('people.csv', URL_OF_FILE)));
  expect(shown()).toContain('word thispeople.csv says name');
  expect(asked).toEqual([`${URL_OF_FILE} up to 100`]);
});

test('a file alone is answered with what to do, and not fetched', async () => {
  await deliver(withFiles('', fileInfo('people.csv', URL_OF_FILE)));
  expect(shown()).toContain('What should I do with this file?');
  expect(asked).toEqual([]);
});

test.each([
  [{ kind: 'too-large' }, '"people.csv" is larger than 100 bytes'],
  [{ kind: 'failed', message: 'No.' }, 'Teams didn\'t share "people.csv". Send it again'],
  [{ kind: 'bytes', bytes: Buffer.from([0xff, 0xfe]) }, '"people.csv" is UTF-16 text.'],
] as const)('a file that is %o is refused with the cure', async (is, says) => {
  file = is;
  await deliver(withFiles('read', fileInfo('people.csv', URL_OF_FILE)));
  expect(shown()).toContain(says);
});

test.each(['http://contoso.sharepoint.com/x', 'file:///etc/passwd', 'not a url'])(
  'a file at %s is not asked for',
  async (url) => {
    await deliver(withFiles('read', fileInfo('people.csv', url)));
    expect(shown()).toContain('Teams didn\'t share "people.csv"');
    expect(asked).toEqual([]);
  },
);

test('a person who is added to a team is reported once, by Entra object id, with what they are', async () => {
  const channel = inChannel(connector.url);
  await deliver(memberAdded(channel, BOB, { id: ANN.id }));
  await deliver(memberAdded(inChannel(connector.url), BOB));
  expect(bot.joined).toEqual([
    `Bob Ray guest ${BOB.aadObjectId} teams:joined:${TENANT}:${BOB.aadObjectId} unmet`,
    `Ann Lee member ${ANN.aadObjectId} teams:joined:${TENANT}:${ANN.aadObjectId} unmet`,
  ]);
  expect(connector.messages).toEqual([]); // Nobody was written to.
});

test('a person who installs the bot for themselves is reported once, with where they can be written to', async () => {
  await deliver(installed(personal(connector.url)));
  await deliver(botAdded(personal(connector.url)));
  expect(bot.joined).toEqual([
    `Ann Lee member ${ANN.aadObjectId} teams:joined:${TENANT}:${ANN.aadObjectId} direct`,
  ]);
});

test('a person who installs the bot in a team, or is added to a group chat, has not joined', async () => {
  await deliver(installed(inChannel(connector.url)));
  const group = { ...inChannel(connector.url), channelData: { tenant: { id: TENANT } } };
  await deliver(memberAdded(group, BOB));
  expect(bot.joined).toEqual([]);
});
