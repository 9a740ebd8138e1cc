import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WORKER_EDITS_PER_MINUTE } from '../../../src/bots/slack/limits.ts';
import { directAddress } from '../../../src/bots/slack/messages.ts';
import { profileOf, slackPlatform } from '../../../src/bots/slack/platform.ts';
import { sdkLogger, slackClient } from '../../../src/bots/slack/web-api.ts';
import { type Card, note, strong } from '../../../src/bots/view/card.ts';
import type { ChatPlatform } from '../../../src/bots/view/platform.ts';
import type { Address } from '../../../src/core/message.ts';
import { readable } from '../../support/slack-double/readable.ts';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';

const log = { warn: () => {}, error: () => {} };
let double: SlackDouble;
let platform: ChatPlatform;
let ann: SlackUser;
let now = 0;

beforeEach(async () => {
  now = Date.now();
  double = await SlackDouble.start({ now: () => now });
  ann = double.addUser('ann');
  platform = slackPlatform({
    token: double.token,
    apiUrl: double.apiUrl,
    log,
    processes: () => 1,
    now: () => now,
  });
});
afterEach(() => double.stop());

const messages = () => double.workspace.messages;
const go = { id: 'go', payload: '{}', opensForm: false };
const long = (blocks: number): Card => ({
  title: 'Long',
  blocks: [
    ...Array.from(
      { length: blocks },
      (_, index) => ({ kind: 'text', text: [`Line ${index}.`] }) as const,
    ),
    {
      kind: 'buttons',
      buttons: [{ label: 'Go', does: go }],
    },
  ],
});

describe('someone who has never written', () => {
  test('is found by the address that Slack has verified', async () => {
    const grace = double.addUser('grace', { email: 'grace@example.com' });
    expect(await platform.directOf?.('grace@example.com')).toEqual(directAddress(grace.id));
  });

  test.each([
    ['there is nobody', { email: 'other@example.com' }],
    ["it isn't verified", { email: 'grace@example.com', emailConfirmed: false }],
    ['it is a bot', { email: 'grace@example.com', bot: true }],
    ['it is what another workspace says', { email: 'grace@example.com', teamId: 'T0OTHER' }],
    ['it is what Slack Connect says', { email: 'grace@example.com', stranger: true }],
    ['they have left', { email: 'grace@example.com', deleted: true }],
  ])('is not found where %s', async (_why, user) => {
    double.addUser('grace', user);
    expect(await platform.directOf?.('grace@example.com')).toBeUndefined();
  });

  test('is found by an address that is not verified, where those count', async () => {
    const grace = double.addUser('grace', { emailConfirmed: false });
    const found = () => platform.directOf?.('grace@example.com', true);
    expect(await found()).toEqual(directAddress(grace.id));
    double.addUser('grace', { emailConfirmed: false, restricted: true });
    expect(await found()).toBeUndefined();
  });

  test('is asked for again where Slack can not be reached', async () => {
    double.web.breakNext('users.lookupByEmail', 502);
    await expect(platform.directOf?.('grace@example.com')).rejects.toMatchObject({
      code: 'unreachable',
    });
  });
});

describe('sending', () => {
  test('to a person arrives in their direct conversation', async () => {
    const address = await platform.send(directAddress(ann.id), note('Hello', 'World'));
    expect(messages()).toMatchObject([{ channel: ann.direct }]);
    expect(address).toEqual({ platform: 'slack', key: `${ann.direct}:${messages()[0]?.ts}` });
  });

  test('to a message arrives in its conversation', async () => {
    const first = await platform.send(directAddress(ann.id), note('One'));
    await platform.send(first, note('Two'));
    expect(messages()).toMatchObject([{ channel: ann.direct }, { channel: ann.direct }]);
  });

  test('shows a text that was cut within a character', async () => {
    const half = '🙂'.slice(0, 1);
    const card: Card = {
      title: `Title ${half}`,
      blocks: [
        { kind: 'text', text: [`Text ${half}`, { kind: 'code', text: half }] },
        { kind: 'text', text: [`Muted ${half}`], muted: true },
        {
          kind: 'facts',
          facts: [
            [`Label ${half}`, ['value']],
            ['Other', [half]],
          ],
        },
        { kind: 'row', text: [strong(half)], buttons: [{ label: half, does: go }] },
      ],
    };
    await platform.send(directAddress(ann.id), card);
    expect(readable(messages()[0]?.blocks ?? [])).toContain('Text �');
  });

  test('unfurls no link', async () => {
    await platform.send(directAddress(ann.id), note('Hello'));
    expect((await double.call('chat.postMessage')).args).toMatchObject({
      unfurl_links: 'false',
      unfurl_media: 'false',
      parse: 'none',
      link_names: 'false',
    });
  });

  test('to nobody says that they are gone', async () => {
    const sending = platform.send(directAddress('U0NOBODY'), note('Hello'));
    await expect(sending).rejects.toMatchObject({ name: 'PlatformError', code: 'gone' });
  });

  test('that Slack limits says when another try may succeed, and is not repeated', async () => {
    double.web.limitNext('chat.postMessage', 7);
    await expect(platform.send(directAddress(ann.id), note('Hello'))).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 7000,
    });
    expect(double.web.calls).toHaveLength(1);
  });

  test('that Slack limits for a moment is sent after that moment', async () => {
    double.web.limitNext('chat.postMessage', 0);
    await platform.send(directAddress(ann.id), note('Hello'));
    expect(messages()).toHaveLength(1);
  });

  test('that fails on the way is not repeated: Slack may have it', async () => {
    double.web.breakNext('chat.postMessage', 502);
    await expect(platform.send(directAddress(ann.id), note('Hello'))).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(double.web.calls).toHaveLength(1);
  });

  test.each([
    ['missing_scope', 'refused'],
    ['invalid_auth', 'refused'],
    ['is_archived', 'gone'],
    ['internal_error', 'unreachable'],
    ['org_login_required', 'unreachable'],
    ['external_channel_migrating', 'unreachable'],
  ])('that Slack answers with %s is %s', async (error, code) => {
    double.web.failNext('chat.postMessage', error);
    await expect(platform.send(directAddress(ann.id), note('Hello'))).rejects.toMatchObject({
      code,
    });
  });

  test.each([
    ['a proxy that wants a password', () => double.web.breakNext('chat.postMessage', 407)],
    ['a page', () => double.web.showNext('chat.postMessage', '<html>Sign in first</html>')],
    ['nothing', () => double.web.showNext('chat.postMessage', '')],
    ['JSON of another kind', () => double.web.showNext('chat.postMessage', '{"ok":false}')],
  ])('that is answered with %s is unreachable: Slack has refused nothing', async (_what, plan) => {
    plan();
    await expect(platform.send(directAddress(ann.id), note('Hello'))).rejects.toMatchObject({
      code: 'unreachable',
    });
  });

  test('while Slack is down says that it is unreachable', async () => {
    await double.stop();
    await expect(platform.send(directAddress(ann.id), note('Hello'))).rejects.toMatchObject({
      code: 'unreachable',
    });
    double = await SlackDouble.start();
  });
});

describe("what the SDK's logger passes on", () => {
  test('has words, and neither objects nor tokens', () => {
    const said: string[] = [];
    const logger = sdkLogger({ warn: (text) => said.push(text), error: (text) => said.push(text) });
    logger.debug('body', { text: 'private' });
    logger.warn('sent with xoxb-123-abc and xapp-1-A0-x', { text: 'private' });
    logger.error(new Error('failed'), ['private']);
    expect(said).toEqual(['Slack SDK: sent with ••• and •••', 'Slack SDK: Error: failed']);
  });
});

describe('editing', () => {
  let address: Address;
  beforeEach(async () => {
    address = await platform.send(directAddress(ann.id), note('One', 'two'));
  });

  test.each([
    ['message_not_found', 'gone'],
    ['edit_window_closed', 'gone'],
    ['is_archived', 'refused'],
    ['not_in_channel', 'refused'],
    ['channel_not_found', 'refused'],
  ])(
    'a message that Slack answers with %s is %s: a closed channel may open again',
    async (error, code) => {
      double.web.failNext('chat.update', error);
      await expect(platform.edit(address, note('Three'))).rejects.toMatchObject({ code });
    },
  );

  test('changes the message', async () => {
    await platform.edit(address, note('Three'));
    expect(messages()).toHaveLength(1);
    expect(readable(messages()[0]?.blocks ?? [])).toBe('Three');
  });

  test.each([
    ['letters of two bytes', 'Ж'],
    ['what Slack stores escaped', '&'],
    ['emoji', '👩‍👩‍👧‍👦'],
  ])('changes a message with a long text of %s', async (_what, unit) => {
    await platform.edit(address, note('Three', unit.repeat(2900 / unit.length)));
    expect(readable(messages()[0]?.blocks ?? [])).toContain(unit);
  });

  test('a deleted message says that it is gone', async () => {
    for (const message of messages()) message.deleted = true;
    await expect(platform.edit(address, note('Two'))).rejects.toMatchObject({ code: 'gone' });
  });

  test.each([
    ['is_inactive', 'gone'],
    ['edit_window_closed', 'gone'],
    ['cant_update_message', 'gone'],
    ['update_failed', 'unreachable'],
  ])('that Slack answers with %s is %s', async (error, code) => {
    double.web.failNext('chat.update', error);
    await expect(platform.edit(address, note('Two'))).rejects.toMatchObject({ code });
  });

  test('a message that was edited twice waits for three seconds, without asking Slack', async () => {
    await platform.edit(address, note('Two'));
    now += 300;
    await platform.edit(address, note('Three'));
    const calls = double.web.calls.length;
    await expect(platform.edit(address, note('Four'))).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 2700,
    });
    expect(double.web.calls).toHaveLength(calls);
    now += 2700;
    await platform.edit(address, note('Four'));
    expect(readable(messages()[0]?.blocks ?? [])).toBe('Four');
  });
});

describe('the edits of a process', () => {
  test('have a part of what Slack takes: the next one waits, without asking Slack', async () => {
    const addresses: Address[] = [];
    for (let n = 0; n <= WORKER_EDITS_PER_MINUTE; n++)
      addresses.push(await platform.send(directAddress(ann.id), note(`${n}`)));
    const edits = addresses.map((at) => () => platform.edit(at, note('Edited')));
    for (const edit of edits.slice(0, -1)) await edit();
    await expect(edits.at(-1)?.()).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 60_000,
    });
  });

  test('are all counted: those that make one card of several messages, too', async () => {
    for (let n = 0; n < WORKER_EDITS_PER_MINUTE; n++)
      await platform.send(directAddress(ann.id), long(70)); // Its second message is edited once.
    expect(double.web.calls.filter(({ method }) => method === 'chat.update')).toHaveLength(30);
    const address = await platform.send(directAddress(ann.id), note('One'));
    await expect(platform.edit(address, note('Two'))).rejects.toMatchObject({
      code: 'rate-limited',
    });
  });
});

describe('a card of several messages', () => {
  test('is one card: its address names them all, and its buttons know', async () => {
    const address = await platform.send(directAddress(ann.id), long(70));
    expect(messages()).toHaveLength(2);
    const [first, second] = messages();
    expect(address.key).toBe(`${ann.direct}:${first?.ts},${second?.ts}`);
    const buttons = second?.blocks.find(({ type }) => type === 'actions');
    expect(buttons?.block_id).toMatch(`${first?.ts},${second?.ts}/`);
  });

  test.each(['internal_error', 'ratelimited'])(
    'is sent once, though Slack does not take what its buttons know: %s',
    async (error) => {
      double.web.failNext('chat.update', error);
      const address = await platform.send(directAddress(ann.id), long(70));
      expect(address.key).toContain(',');
      expect(messages()).toHaveLength(2);
    },
  );

  test('that Slack takes only the beginning of leaves no buttons there, and is sent again in whole', async () => {
    const limited = slackPlatform({
      token: double.token,
      apiUrl: double.apiUrl,
      log,
      processes: () => 1,
      now: () => now,
      onCall({ operation }) {
        if (operation === 'chat.postMessage') double.web.limitNext(operation, 31);
      },
    });
    const buttonsFirst = { ...long(70), blocks: long(70).blocks.toReversed() };
    await expect(limited.send(directAddress(ann.id), buttonsFirst)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 31_000,
    });
    expect(messages().map(({ blocks }) => readable(blocks))).toEqual([
      'This part of the card is out of date.',
    ]);
  });

  test('that becomes shorter leaves nothing of it behind', async () => {
    const address = await platform.send(directAddress(ann.id), long(70));
    await platform.edit(address, note('Short'));
    expect(messages().map(({ blocks }) => readable(blocks))).toEqual([
      'Short',
      'This part of the card is out of date.',
    ]);
  });

  test('that becomes longer than its messages says so', async () => {
    const address = await platform.send(directAddress(ann.id), long(70));
    await platform.edit(address, long(140));
    const last = readable(messages()[1]?.blocks ?? []);
    expect(messages()).toHaveLength(2);
    expect(last).toContain('There is more than fits in this message');
  });
});

describe('what Slack says of a user', () => {
  const profile = (userId: string) =>
    profileOf(
      slackClient({ token: double.token, apiUrl: double.apiUrl }, log),
      double.workspace.teamId,
      userId,
    );

  test('is a name, and an address that was confirmed', async () => {
    expect(await profile(ann.id)).toEqual({
      name: 'ann',
      kind: 'member',
      email: 'ann@example.com',
      direct: directAddress(ann.id),
    });
  });

  test('has a name that turns around no sentence, in one line, and no longer than any real one', async () => {
    const eve = double.addUser('\u202Eeve\n\u2066x \u2069', {});
    expect((await profile(eve.id))?.name).toBe('eve x');
    const longNamed = double.addUser('e'.repeat(300), {});
    expect((await profile(longNamed.id))?.name).toHaveLength(200);
  });

  const unconfirmed = { email: 'boss@example.com', emailConfirmed: false };
  test.each([{ emailConfirmed: false }, { emailConfirmed: undefined }])(
    'has the address of a member that was not confirmed apart: %j',
    async (said) => {
      const eve = double.addUser('eve', { ...unconfirmed, ...said });
      expect(await profile(eve.id)).toEqual({
        name: 'eve',
        kind: 'member',
        unconfirmedEmail: 'boss@example.com',
        direct: directAddress(eve.id),
      });
    },
  );

  test.each([
    { restricted: true },
    { ultraRestricted: true },
    { bot: true },
    { teamId: 'T0OTHER' },
    { stranger: true },
    { invited: true },
  ])('has no address that was not confirmed, for someone who is no member: %j', async (who) => {
    const eve = double.addUser('eve', { ...unconfirmed, ...who });
    const said = await profile(eve.id);
    expect([said?.email, said?.unconfirmedEmail]).toEqual([undefined, undefined]);
  });

  test.each([{ teamId: 'T0OTHER' }, { stranger: true }])(
    'has no address of another organization, whose admin can write any: %j',
    async (from) => {
      const eve = double.addUser('eve', { email: 'boss@example.com', ...from });
      expect(await profile(eve.id)).toEqual({
        name: 'eve',
        kind: 'outside',
        direct: directAddress(eve.id),
      });
    },
  );

  test('is nothing for a user that is not there, or no longer', async () => {
    const left = double.addUser('left', { deleted: true });
    expect(await profile(left.id)).toBeUndefined();
    expect(await profile('U0NOBODY')).toBeUndefined();
  });

  test('is an error, not nothing, when Slack fails', async () => {
    double.web.failNext('users.info', 'internal_error');
    await expect(profile(ann.id)).rejects.toMatchObject({ code: 'unreachable' });
  });
});
