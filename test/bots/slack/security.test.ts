import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;

beforeEach(async () => {
  running = await runBot();
  ann = running.double.addUser('ann');
});
afterEach(() => running.stop());

const command = (text = 'access bob') =>
  new URLSearchParams({
    team_id: running.double.workspace.teamId,
    channel_id: ann.direct,
    user_id: ann.id,
    command: '/latchkey',
    text,
    response_url: running.double.workspace.newResponseUrl(
      running.double.web.origin,
      'C0GENERAL',
      ann.id,
    ),
    trigger_id: running.double.workspace.newTrigger(ann.id),
  }).toString();
/** Everything that was handled before this one has had its effect. */
const settled = async () => {
  await ann.command('access afterwards', ann.direct);
  await running.double.message('Access of afterwards');
};
const messages = () => running.double.workspace.messages.length;
const directCard = async () => {
  await ann.command('access bob', ann.direct);
  return running.double.message('Access of bob', { channel: ann.direct });
};

describe('a request', () => {
  test('with a wrong signature is refused and does nothing', async () => {
    const { status } = await running.double.deliver(command(), { signingSecret: 'guessed' });
    expect(status).toBe(401);
    await settled();
    expect(messages()).toBe(1);
  });

  test('without a signature is refused', async () => {
    const { status } = await fetch(running.double.eventsUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: command(),
    });
    expect(status).toBe(401);
  });

  test('larger than any of Slack is refused before its signature is looked at', async () => {
    const large = `text=${'x'.repeat(2 * 1024 * 1024)}`;
    expect((await running.double.deliver(large)).status).toBe(413);
  });

  test('whose body was changed after it was signed is refused', async () => {
    const body = command();
    const { status } = await running.double.deliver(body, {
      headers: { 'X-Slack-Signature': 'v0=0123456789abcdef' },
    });
    expect(status).toBe(401);
  });

  test('older than five minutes is refused, though its signature is right', async () => {
    const old = Math.floor(Date.now() / 1000) - 5 * 60 - 10;
    const { status } = await running.double.deliver(command(), { timestamp: old });
    expect(status).toBe(401);
  });

  test('without a signature, as often as it comes, takes few lines of the log', async () => {
    await running.stop();
    running = await runBot({ now: () => 1_000_000 });
    for (let n = 0; n < 30; n += 1)
      await running.double.deliver('{"payload":1}', { signingSecret: 'guessed' });
    expect(running.logged.filter((line) => line.includes('verification failed'))).toHaveLength(10);
  });

  test.each([
    'null',
    '[]',
    '1',
    '"text"',
    '{"event":1}',
    '{"command":"/latchkey"}',
    '{"type":"view_closed","view":{"id":"V1"}}',
    '{"type":"view_closed","view":{"id":"V1"},"user":{"id":"U1"},"team":{"id":{"toString":{}}}}',
  ])('with the signed body %s, which Slack never sends, is refused at once', async (body) => {
    const { status } = await running.double.deliver(body, { contentType: 'application/json' });
    expect(status).toBe(400);
    expect(running.logged).toEqual(['A signed request is none that Slack sends; it is left alone']);
  });

  test('with the word that Slack leaves out events is taken, and is in the log', async () => {
    const said = '{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820}';
    const { status } = await running.double.deliver(said, { contentType: 'application/json' });
    expect(status).toBe(200);
    expect(running.logged).toEqual([
      expect.stringContaining('Slack leaves out events of this workspace: '),
    ]);
  });

  test('with an event in another shape is taken, so that Slack does not send it again', async () => {
    const event = '{"event":{"type":"channel_created","channel":{"id":"C1"}}}';
    const { status } = await running.double.deliver(event, { contentType: 'application/json' });
    expect(status).toBe(200);
  });

  test.each([
    { authorizations: [null] },
    { team_id: { toString: {} } },
    { authorizations: [{ team_id: { toString: {} } }] },
  ])(
    'with an event whose %o is of another kind is taken, so that Slack does not send it again',
    async (damage) => {
      const event = { type: 'message', channel_type: 'im', channel: 'D1', user: ann.id, text: 'x' };
      const body = { type: 'event_callback', event_id: 'Ev1', team_id: 'T1', event, ...damage };
      const sent = JSON.stringify(body);
      const { status } = await running.double.deliver(sent, { contentType: 'application/json' });
      expect(status).toBe(200);
      expect(running.logged).toEqual([expect.stringContaining('none that Slack sends')]);
    },
  );

  test('that claims to be a check of the certificate is signed, too', async () => {
    const { status } = await running.double.deliver(`ssl_check=1&${command()}`, {
      signingSecret: 'guessed',
    });
    expect(status).toBe(401);
  });

  test('is acknowledged without a word, so that the answer comes once', async () => {
    expect(await ann.command('access bob')).toMatchObject({ status: 200, body: '' });
  });
});

describe('the same delivery twice does one thing once', () => {
  test('for a command', async () => {
    const delivery = await ann.command('access bob', ann.direct);
    await delivery.again();
    await settled();
    expect(messages()).toBe(2);
  });

  test('for an event that Slack retries', async () => {
    const delivery = await ann.write('access bob');
    const retried = await delivery.again({
      'X-Slack-Retry-Num': '1',
      'X-Slack-Retry-Reason': 'http_timeout',
    });
    expect(retried.status).toBe(200);
    await settled();
    expect(messages()).toBe(2);
  });

  test('for a button', async () => {
    const delivery = await ann.press(await directCard(), 'Approve');
    await delivery.again();
    await running.double.message('Approved for bob');
    await settled();
    expect(running.scene.done).toEqual(['approved bob']);
  });

  test('for a form', async () => {
    await ann.press(await directCard(), 'Deny');
    const modal = await running.double.modal('Why');
    ann.fill(modal, { Why: 'x' });
    const delivery = await ann.submit(modal);
    expect((await delivery.again()).status).toBe(200);
    await settled();
    expect(running.scene.done).toEqual(['denied bob']);
  });
});

describe('a forged payload', () => {
  const pressed = (action: Record<string, unknown>) =>
    ann.forge({
      type: 'block_actions',
      trigger_id: running.double.workspace.newTrigger(ann.id),
      channel: { id: ann.direct },
      container: { type: 'message', message_ts: '1.1' },
      message: { ts: '1.1' },
      actions: [{ type: 'button', block_id: 'b', action_ts: '1', ...action }],
    });

  test('of a button that never was is refused politely', async () => {
    const { status } = await pressed({ action_id: '__proto__#1', value: '{}' });
    expect(status).toBe(200);
    expect(await running.double.message('This button no longer works')).toBeDefined();
  });

  test('of a button with another payload is refused politely', async () => {
    await pressed({ action_id: 'request.approve#1', value: '{"person":["*"]}' });
    expect(await running.double.message('This button no longer works')).toBeDefined();
    expect(running.scene.done).toEqual([]);
  });

  test('of a form that we never opened is refused politely, in its modal', async () => {
    await ann.press(await directCard(), 'Deny');
    const modal = await running.double.modal('Why');
    const { status, body } = await ann.submitUnchecked(modal, { private_metadata: 'rubbish' });
    expect(status).toBe(200);
    expect(body).toContain('This form has expired');
    expect(running.scene.done).toEqual([]);
  });

  test('of a choice that was not offered is an error beside the field', async () => {
    await ann.press(await directCard(), 'Grant');
    const modal = await running.double.nextModal(({ updates }) => updates > 0);
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    modal.values['field:team'] = {
      answer: { type: 'static_select', selected_option: { value: '99' } },
    };
    await ann.submit(modal);
    expect(modal.errors).toEqual({ 'field:team': 'Not one of the options.' });
    expect(running.scene.done).toEqual([]);
  });

  test('of a type-ahead without a form gets no options', async () => {
    const { body } = await ann.forge({
      type: 'block_suggestion',
      block_id: 'field:team',
      action_id: 'answer',
      value: '',
      container: {},
    });
    expect(JSON.parse(body)).toEqual({ options: [] });
  });
});

describe('someone who is not of the company', () => {
  test.each([
    ['a guest', { restricted: true }, 'guest'],
    ['a bot', { bot: true }, 'bot'],
    ['someone of another organization', { stranger: true }, 'outside'],
    ['someone of another workspace', { teamId: 'T0OTHER' }, 'outside'],
  ])('such as %s is refused', async (_, flags, kind) => {
    const eve = running.double.addUser('eve', flags);
    await eve.command('access bob');
    expect(await running.double.message(`You are here as: ${kind}.`)).toMatchObject({
      ephemeralFor: eve.id,
    });
  });
});

describe('what is written to the bot', () => {
  test.each([
    ['an edit', { subtype: 'message_changed' }],
    ['a message of a bot', { bot_id: 'B0OTHER' }],
    ['a message of nobody', { user: undefined }],
    ['a message of the bot itself', { user: 'U0BOT' }],
    ['a message in a channel', { channel_type: 'channel', channel: 'C0GENERAL' }],
  ])('such as %s is not a command', async (_, more) => {
    await ann.write('access bob', more);
    await settled();
    expect(messages()).toBe(1);
    expect(running.double.web.calls.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(running.scene.errors).toEqual([]);
  });
});

test('nothing that is logged has a payload, a token or a secret in it', async () => {
  await running.double.deliver(command('access private-words'), { signingSecret: 'guessed' });
  running.double.web.failNext('users.info', 'invalid_auth');
  await ann.command('access private-words');
  await running.double.call('users.info');
  await settled();
  expect(running.logged.length).toBeGreaterThan(0);
  const all = running.logged.join('\n');
  for (const secret of ['private-words', running.double.token, running.double.signingSecret])
    expect(all).not.toContain(secret);
});
