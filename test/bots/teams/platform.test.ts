import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readActivity } from '../../../src/bots/teams/activity.ts';
import { addressOf, placeOf } from '../../../src/bots/teams/address.ts';
import { CARD_BYTES } from '../../../src/bots/teams/limits.ts';
import { meet } from '../../../src/bots/teams/met.ts';
import { type TeamsPlatform, teamsPlatform } from '../../../src/bots/teams/platform.ts';
import { note } from '../../../src/bots/view/card.ts';
import { present } from '../../support/given/outcomes.ts';
import { ANN, BOB, extension, TENANT } from './activities.ts';
import { type Connector, startConnector } from './connector/connector-double.ts';
import { localConnector } from './connector/opened.ts';
import { runText } from './official-parser.ts';

let connector: Connector;
let platform: TeamsPlatform;

beforeEach(async () => {
  connector = await startConnector();
  platform = teamsPlatform({
    connector: await localConnector(),
    tenantId: TENANT,
    dialogs: true,
  });
});
afterEach(() => connector.stop());

const direct = () =>
  addressOf({
    serviceUrl: connector.url,
    channel: 'msteams',
    tenant: TENANT,
    bot: '28:app',
    conversation: 'a:1',
  });
const card = note('Hello', 'How are you?');

describe('a message', () => {
  test('is sent without anybody having asked, and edited at the address that sending gave', async () => {
    const at = await platform.send(direct(), card);
    await platform.edit(at, note('Bye'));
    expect(connector.messages).toMatchObject([{ conversation: 'a:1', edits: 1 }]);
    expect(runText(connector.messages[0]?.card)).toBe('Bye');
  });

  test('says in its notification how the card goes on', async () => {
    await platform.send(direct(), note('You requested Fernboard', '✗ Denied by Bo Boss.'));
    await platform.send(direct(), { title: 'Activity', blocks: [{ kind: 'divider' }] });
    await platform.send(direct(), note('Long', 'x'.repeat(200)));
    await platform.send(direct(), {
      title: 'You requested Fernboard',
      blocks: [
        { kind: 'row', text: ['Bo asks: "Why?"'], detail: ['No answer yet.'], buttons: [] },
        { kind: 'text', text: ['Waiting for Bo.'] },
      ],
    });
    const [denied, list, long = '', asked] = connector.summaries;
    expect(denied).toBe('You requested Fernboard · ✗ Denied by Bo Boss.');
    expect(list).toBe('Activity');
    expect(asked).toBe('You requested Fernboard · Bo asks: "Why?" · No answer yet.');
    expect(long.length).toBeLessThanOrEqual(100);
  });

  test('sent to the address of a message goes to its conversation', async () => {
    const at = await platform.send(direct(), card);
    await platform.send(at, card);
    expect(connector.messages.map(({ conversation }) => conversation)).toEqual(['a:1', 'a:1']);
  });

  test('that is over the limit is several, in order, and the address is the first one’s', async () => {
    const long = note(
      'Long',
      ...Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(1000)}`),
    );
    const at = await platform.send(direct(), long);
    expect(connector.messages.length).toBeGreaterThan(1);
    expect(placeOf(at).message).toBe(connector.messages[0]?.id);
    for (const { card: sent } of connector.messages)
      expect(Buffer.byteLength(JSON.stringify(sent))).toBeLessThanOrEqual(CARD_BYTES);
    expect(runText(connector.messages.at(-1)?.card)).toContain('39 xxx');
  });

  test.each([
    ['someone who waits for it', true],
    ['the worker', false],
  ])(
    'of several has each once for %s, though Teams wants a pause between them',
    async (_who, backsOff) => {
      const pauses: number[] = [];
      const sender = teamsPlatform({
        connector: await localConnector(),
        tenantId: TENANT,
        dialogs: true,
        backsOff,
        pause: async (ms) => void pauses.push(ms),
      });
      connector.failures.push(undefined, { status: 429 }, { status: 502, code: null });
      const long = note(
        'Long',
        ...Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(1000)}`),
      );
      await sender.send(direct(), long);
      expect(connector.messages.map(({ card: sent }) => runText(sent).split(' x')[0])).toEqual([
        'Long0',
        expect.stringMatching(/^Long \(continued\)\d+$/),
      ]);
      expect(pauses).toEqual([1000, 1000]);
    },
  );

  test('of several of which Teams takes only the first is sent again in whole, and the first says so', async () => {
    connector.failures.push(undefined, { status: 400 });
    const long = note('Long', ...Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(1000)}`));
    await expect(platform.send(direct(), long)).rejects.toMatchObject({ code: 'refused' });
    expect(connector.messages.map(({ card: sent }) => runText(sent))).toEqual([
      'This part of the card is out of date',
    ]);
  });

  test('that the bot may no longer edit stays known, since it may be let in again', async () => {
    const at = await platform.send(direct(), card);
    connector.closed.set('a:1', 'BotNotInConversationRoster');
    await expect(platform.send(direct(), card)).rejects.toMatchObject({ code: 'gone' });
    await expect(platform.edit(at, card)).rejects.toMatchObject({ code: 'refused' });
  });

  test('has a notification without half a character', async () => {
    await platform.send(direct(), note(`${'x'.repeat(98)}🙂🙂`));
    expect(connector.summaries).toEqual([`${'x'.repeat(98)}…`]);
  });

  test('that was deleted is gone when it is edited', async () => {
    await expect(
      platform.edit(addressOf({ ...placeOf(direct()), message: '404' }), card),
    ).rejects.toMatchObject({ code: 'gone' });
  });
});

describe('someone’s profile', () => {
  const profile = async (member: object) => {
    connector.members.splice(0, Infinity, { ...ANN, ...member });
    return platform.member(direct(), ANN.aadObjectId);
  };

  test('has the name that a member signs in with for the address, and the mail address beside it', async () => {
    const member = {
      email: 'ann@example.com',
      userPrincipalName: 'ann@x.example',
      userRole: 'user',
      tenantId: TENANT,
    };
    expect(await profile(member)).toEqual({
      name: 'Ann Lee',
      kind: 'member',
      email: 'ann@x.example',
      mail: 'ann@example.com',
      objectId: ANN.aadObjectId,
    });
  });

  test('has a name that turns around no sentence, in one line, and no longer than any real one', async () => {
    expect((await profile({ name: '\u202EEve\r\n\u2067Fox' }))?.name).toBe('Eve Fox');
    expect((await profile({ name: 'e'.repeat(300) }))?.name).toHaveLength(200);
  });

  test('says one address once', async () => {
    const member = { userPrincipalName: 'ann@x.example', email: 'Ann@X.example', tenantId: TENANT };
    expect(await profile(member)).toMatchObject({ email: 'ann@x.example' });
    expect(await profile(member)).not.toHaveProperty('mail');
  });

  test.each([
    ['guest', { userRole: 'guest', email: 'g@y.example', tenantId: TENANT }, 'g@y.example'],
    ['guest', { userPrincipalName: 'g_y.example#EXT#@x.example', tenantId: TENANT }, undefined],
    ['member', { email: 'ann@example.com', tenantId: TENANT }, 'ann@example.com'],
    ['outside', { tenantId: 'another', email: 'boss@example.com' }, undefined],
    ['outside', { userPrincipalName: 'boss@example.com', email: 'boss@example.com' }, undefined],
    ['bot', { userRole: 'bot' }, undefined],
  ])('of a %s has no address that counts without more: %j', async (kind, member, mail) => {
    const found = await profile(member);
    expect(found?.kind).toBe(kind);
    expect(found?.email).toBeUndefined();
    expect(found?.mail).toBe(mail);
  });

  test('is read in their chat with the bot where they use the message extension in another one', async () => {
    const used = present(readActivity(extension(connector.url, BOB)));
    connector.members.push({ ...ANN, userPrincipalName: 'ann@x.example', tenantId: TENANT });
    const { inbound } = meet(platform, used);
    expect(await inbound.profileOf(ANN.aadObjectId)).toMatchObject({ email: 'ann@x.example' });
    expect(await inbound.profileOf(BOB.aadObjectId)).toBeUndefined();
    expect(connector.opened.has(ANN.id)).toBe(true);
  });

  test('is nothing for a stranger', async () => {
    expect(await platform.member(direct(), BOB.aadObjectId)).toBeUndefined();
  });
});

test('an address is the same text however its parts came', () => {
  const place = placeOf(direct());
  const turned = Object.fromEntries(Object.entries(place).toReversed()) as typeof place;
  expect(addressOf({ ...turned, serviceUrl: place.serviceUrl.replace(/\/+$/, '') })).toEqual(
    direct(),
  );
});
