import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readable } from '../../support/slack-double/readable.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { gate, type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;
let now = Date.now();

beforeEach(async () => {
  now = Date.now();
  running = await runBot({ now: () => now });
  ann = running.double.addUser('ann');
});
afterEach(async () => {
  await running.stop();
});

/** The card that `/latchkey access bob` gives, in ann's direct conversation. */
const directCard = async () => {
  await ann.command('access bob', ann.direct);
  return running.double.message('Access of bob', { channel: ann.direct });
};
const sharedCard = async () => {
  await ann.command('access bob');
  return running.double.message('Access of bob', { channel: 'C0GENERAL' });
};
const grantForm = async () => {
  await ann.press(await directCard(), 'Grant');
  return running.double.nextModal(({ updates }) => updates > 0);
};

describe('a menu of a row', () => {
  const list = async () => {
    await ann.command('list', ann.direct);
    return running.double.message('People', { channel: ann.direct });
  };

  test('does what is chosen in it', async () => {
    await ann.press(await list(), 'Approve kim');
    await running.double.message('Approved for kim');
    expect(running.scene.done).toEqual(['approved kim']);
  });

  test('opens a form', async () => {
    await ann.press(await list(), 'Deny kim');
    expect(await running.double.modal('Why')).toBeDefined();
  });
});

describe('a command', () => {
  test('in a channel is answered for the person who asked alone', async () => {
    expect(await sharedCard()).toMatchObject({ ephemeralFor: ann.id });
  });

  test('in the direct conversation is answered by a message there', async () => {
    const card = await directCard();
    expect(card.channel).toBe(ann.direct);
    expect(card.ephemeralFor).toBeUndefined();
  });

  test('in a conversation with a colleague is answered for the person who asked alone', async () => {
    running.double.workspace.channels.set('D0COLLEAGUE', { im: 'U0BOB', member: false });
    await ann.command('access bob', 'D0COLLEAGUE');
    expect(await running.double.message('Access of bob')).toMatchObject({ ephemeralFor: ann.id });
  });

  test('recognises a mention by its id', async () => {
    const bob = running.double.addUser('bob');
    await ann.command('access @bob');
    expect(await running.double.message(`Access of bob (${bob.id})`)).toBeDefined();
  });

  test('takes everything else literally, and shows it so', async () => {
    await ann.command('access <!channel> & bob@example.com *x*');
    const card = await running.double.message('Access of <!channel> & bob@example.com *x*');
    expect(card.text).toMatch(/^Access of &lt;!channel&gt; &amp; bob@example.com/);
  });

  test('written to the bot directly is a command, too', async () => {
    await ann.write('access bob@example.com');
    const card = await running.double.message('Access of bob@example.com');
    expect(card.channel).toBe(ann.direct);
  });

  test.each([403, 404, 410])(
    'in a conversation where Slack takes no answer (%i) is answered directly',
    async (status) => {
      running.double.web.breakNext('response', status);
      await ann.command('access bob');
      const card = await running.double.message('Access of bob');
      expect(card).toMatchObject({ channel: ann.direct });
    },
  );

  test('whose answer is too long for a channel is answered directly, and says so', async () => {
    await ann.command('long');
    expect(await running.double.message('Line 299.')).toMatchObject({ channel: ann.direct });
    const note = await running.double.message("I've sent it to you");
    expect(note).toMatchObject({ channel: 'C0GENERAL', ephemeralFor: ann.id });
  });

  test('is answered though Slack does not say which conversation is ours', async () => {
    running.double.web.failNext('conversations.open', 'internal_error');
    await ann.command('access bob', ann.direct);
    expect(await running.double.message('Access of bob')).toMatchObject({ ephemeralFor: ann.id });
    expect(running.scene.errors).toMatchObject([{ code: 'unreachable' }]);
  });

  test('is answered though Slack asks to wait for a moment before it says who wrote it', async () => {
    running.double.web.limitNext('users.info', 0);
    await ann.command('access bob');
    expect(await running.double.message('Access of bob')).toBeDefined();
  });

  test('that has no trigger offers a button that opens its form', async () => {
    await ann.write('form');
    await ann.press(await running.double.message('Press the button'), 'Open the form');
    expect((await running.double.modal('Why')).view.submit?.text).toBe('Deny');
  });
});

describe('where Slack takes no direct message', () => {
  beforeEach(() => {
    running.double.workspace.messagesTabEnabled = false;
  });

  test('a command is answered for the person who asked alone, and says why', async () => {
    await ann.command('access bob', ann.direct);
    const card = await running.double.message('Access of bob');
    expect(card).toMatchObject({ channel: ann.direct, ephemeralFor: ann.id });
    expect(readable(card.blocks)).toContain("I can't message you directly.");
    expect(running.scene.errors).toEqual([]);
  });

  test('an answer for the person comes there too, and is not said to have been sent', async () => {
    await ann.command('report');
    expect(await running.double.message('Line 69.')).toMatchObject({
      channel: 'C0GENERAL',
      ephemeralFor: ann.id,
    });
    const said = running.double.workspace.messages.map(({ blocks }) => readable(blocks)).join();
    expect(said).not.toContain("I've sent it to you");
  });

  test('its buttons work', async () => {
    await ann.command('access bob', ann.direct);
    const card = await running.double.message('Access of bob');
    await ann.press(card, 'Approve');
    expect(await running.double.message('Approved for bob')).toBe(card);
  });

  test('an answer that is longer than Slack takes there says so', async () => {
    await ann.command('long');
    await running.double.message('This is too long to show here');
    expect(running.double.workspace.messages).toHaveLength(1);
  });

  test('a form whose trigger is too old is offered there', async () => {
    running.double.web.failNext('views.open', 'expired_trigger_id');
    await ann.command('form');
    const offer = await running.double.message('Press the button to open this one.');
    expect(offer).toMatchObject({ channel: 'C0GENERAL', ephemeralFor: ann.id });
    await ann.press(offer, 'Open the form');
    expect(await running.double.modal('Why')).toBeDefined();
  });

  test('half an hour later there is no way left, which is logged with what Slack said first', async () => {
    const card = await sharedCard();
    await ann.press(card, 'Grant');
    const form = await running.double.nextModal(({ updates }) => updates > 0);
    now += 31 * 60_000;
    ann.fill(form, { Team: 'Design', Reason: 'I join them' });
    await ann.submit(form);
    await running.slack.stop(); // It waits for what is in flight.
    expect(running.scene.done).toHaveLength(1);
    expect(running.scene.errors).toMatchObject([
      { code: 'refused', message: 'Slack answered messages_tab_disabled' },
    ]);
  });
});

test.each(['channel_not_found', 'not_in_channel', 'restricted_action'])(
  'a command whose posting Slack refuses with %s is answered all the same',
  async (error) => {
    running.double.web.failNext('chat.postMessage', error);
    await ann.command('access bob', ann.direct);
    expect(await running.double.message('Access of bob')).toMatchObject({ ephemeralFor: ann.id });
  },
);

test('what Slack refuses for its content is not tried there again', async () => {
  running.double.web.failNext('chat.postMessage', 'invalid_blocks');
  await ann.command('access bob', ann.direct);
  const said = await running.double.message('Something went wrong on our side');
  expect(said.ephemeralFor).toBeUndefined();
  expect(running.double.workspace.messages).toHaveLength(1);
});

test('a shutdown waits for what is in flight', async () => {
  const fields = gate();
  running.scene.fieldsReady = fields.opened;
  await ann.press(await directCard(), 'Grant');
  const modal = await running.double.modal('Loading…');
  const stopped = running.slack.stop().then(() => modal.updates);
  fields.open();
  expect(await stopped).toBe(1);
});

describe('a button', () => {
  test('in the direct conversation changes its message', async () => {
    const card = await directCard();
    await ann.press(card, 'Approve');
    expect(await running.double.message('Approved for bob')).toBe(card);
  });

  test('of a message that one person sees changes that message', async () => {
    const card = await sharedCard();
    await ann.press(card, 'Approve');
    expect(await running.double.message('Approved for bob')).toBe(card);
  });

  test('in the last message of a card of several changes the whole card', async () => {
    await ann.command('report');
    const last = await running.double.nextMessage(({ edits }) => edits === 1); // Its buttons know the card now.
    await ann.press(last, 'Approve');
    const first = await running.double.message('Approved for bob');
    await running.double.message('This part of the card is out of date');
    expect(first).not.toBe(last);
    expect(readable(last.blocks)).toBe('This part of the card is out of date.');
  });

  test('whose message was deleted meanwhile says what it did in another one', async () => {
    const { opened, open } = gate();
    running.scene.approveReady = opened;
    const card = await directCard();
    await ann.press(card, 'Approve');
    card.deleted = true;
    open();
    expect(await running.double.message('Approved for bob')).toMatchObject({ channel: ann.direct });
    expect(running.scene.errors).toEqual([]);
  });

  test('whose message may no longer be edited says what it did in another one', async () => {
    const card = await directCard();
    running.double.web.failNext('chat.update', 'edit_window_closed');
    await ann.press(card, 'Approve');
    expect(await running.double.message('Approved for bob')).not.toBe(card);
  });

  test('says what it did in another message where Slack takes no edit for longer', async () => {
    const card = await directCard();
    running.double.web.limitNext('chat.update', 30);
    await ann.press(card, 'Approve');
    expect(await running.double.message('Approved for bob')).not.toBe(card);
    expect(running.scene.errors).toEqual([]);
  });

  test('changes its message though Slack asks to wait for a moment', async () => {
    const card = await directCard();
    running.double.web.limitNext('chat.update', 0);
    await ann.press(card, 'Approve');
    expect(await running.double.message('Approved for bob')).toBe(card);
  });

  test('of a message that one person sees changes it though Slack asks to wait for a moment', async () => {
    const card = await sharedCard();
    running.double.web.limitNext('response', 0);
    await ann.press(card, 'Approve');
    expect(await running.double.message('Approved for bob')).toBe(card);
  });

  test('of an older version says so, and does nothing', async () => {
    await ann.press(await directCard(), 'Old');
    expect(await running.double.message('This button no longer works')).toBeDefined();
    expect(running.scene.done).toEqual([]);
  });
});

describe('a form', () => {
  test('opens at once, loading, and fills when its fields are known', async () => {
    const fields = gate();
    running.scene.fieldsReady = fields.opened;
    await ann.press(await directCard(), 'Grant');
    const modal = await running.double.modal('Loading…');
    expect(modal.view.submit).toBeUndefined();
    fields.open();
    await running.double.nextModal(({ id, updates }) => id === modal.id && updates === 1);
    expect(readable(modal.view.blocks)).toContain('Team');
  });

  test('hands its answers to the action, and says the outcome where it was asked', async () => {
    const modal = await grantForm();
    ann.fill(modal, { Team: 'Sales', Reason: ' <b>& more ', Until: '2027-01-31', Tools: ['Wiki'] });
    await ann.submit(modal);
    expect(await running.double.message('bob has access')).toMatchObject({ channel: ann.direct });
    expect(modal.open).toBe(false);
    expect(running.scene.done).toEqual([
      `granted bob: ${JSON.stringify({ team: 'id of Sales', reason: ' <b>& more ', until: '2027-01-31', tools: ['wiki'] })}`,
    ]);
  });

  test('opened from a channel answers there, for the person who asked alone', async () => {
    await ann.press(await sharedCard(), 'Grant');
    const modal = await running.double.nextModal(({ updates }) => updates > 0);
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    await ann.submit(modal);
    expect(await running.double.message('bob has access')).toMatchObject({
      channel: 'C0GENERAL',
      ephemeralFor: ann.id,
    });
  });

  test('opened from a card can change that card when it is sent', async () => {
    const card = await directCard();
    await ann.press(card, 'Deny');
    const modal = await running.double.modal('Why');
    ann.fill(modal, { Why: 'Not needed' });
    await ann.submit(modal);
    expect(await running.double.message('Denied for bob')).toBe(card);
  });

  test('opened from a card that was deleted meanwhile says the outcome all the same', async () => {
    const card = await directCard();
    await ann.press(card, 'Deny');
    const modal = await running.double.modal('Why');
    card.deleted = true;
    ann.fill(modal, { Why: 'Not needed' });
    await ann.submit(modal);
    expect(await running.double.message('Denied for bob')).toMatchObject({ channel: ann.direct });
  });

  test('opened half an hour ago from a card that one person sees says the outcome directly', async () => {
    await ann.press(await sharedCard(), 'Deny');
    const modal = await running.double.modal('Why');
    now += 31 * 60_000;
    ann.fill(modal, { Why: 'Not needed' });
    await ann.submit(modal);
    expect(await running.double.message('Denied for bob')).toMatchObject({ channel: ann.direct });
  });

  test('is filled though Slack asks to wait for a moment', async () => {
    const card = await directCard();
    running.double.web.limitNext('views.update', 0);
    await ann.press(card, 'Deny');
    expect(await running.double.modal('Why')).toBeDefined();
  });

  test('that Slack asks to wait for is offered as a button', async () => {
    const card = await directCard();
    running.double.web.limitNext('views.open', 30);
    await ann.press(card, 'Deny');
    expect(await running.double.message('Press the button')).toMatchObject({ channel: ann.direct });
  });

  test('that could not be filled since Slack was down is not said to have too many fields', async () => {
    const card = await directCard();
    running.double.web.breakNext('views.update', 502);
    await ann.press(card, 'Deny');
    expect(await running.double.modal('Something went wrong on our side')).toBeDefined();
  });

  test('shows what is wrong beside the field, and can be sent again', async () => {
    const modal = await grantForm();
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    running.scene.refusal = { team: 'Sales is full.' };
    await ann.submit(modal);
    expect(modal.errors).toEqual({ 'field:team': 'Sales is full.' });

    running.scene.refusal = undefined;
    ann.fill(modal, { Team: 'Design' });
    await ann.submit(modal);
    expect(modal.open).toBe(false);
    expect(running.scene.done).toHaveLength(1);
  });

  test('shows an error of a field that has no input above the others', async () => {
    running.scene.teams = [];
    const modal = await grantForm();
    expect(readable(modal.view.blocks)).toContain('no options to choose from.');
    ann.fill(modal, { Reason: 'x' });
    await ann.submit(modal);
    expect(readable(modal.view.blocks)).toContain('Team: Needs an answer.');
    expect(modal.values['field:reason']).toMatchObject({ answer: { value: 'x' } });
  });

  test('with more than 100 options is a type-ahead that filters on the server', async () => {
    running.scene.teams = Array.from({ length: 5000 }, (_, index) => `Team ${index}`);
    const modal = await grantForm();
    expect(await ann.type(modal, 'Team', '')).toHaveLength(100);
    expect(await ann.type(modal, 'Team', '4999')).toEqual(['Team 4999']);
    ann.fill(modal, { Team: 'Team 4999', Reason: 'x' });
    await ann.submit(modal);
    expect(running.scene.done[0]).toContain('id of Team 4999');
  });

  test('shows a colleague who sends its type-ahead nothing', async () => {
    running.scene.teams = Array.from({ length: 200 }, (_, index) => `Team ${index}`);
    const modal = await grantForm();
    const eve = running.double.addUser('eve');
    expect(await eve.type(modal, 'Team', 'Team')).toEqual([]);
  });

  test('whose options could not be fetched shows why, and Try again fetches them', async () => {
    running.scene.teamsProblem = 'Asana answered 503';
    const modal = await grantForm();
    expect(readable(modal.view.blocks)).toContain('Team: Asana answered 503');
    expect(modal.view.submit).toBeUndefined();

    running.scene.teamsProblem = undefined;
    await ann.pressIn(modal, 'Try again');
    await running.double.nextModal(({ view }) => view.submit?.text === 'Grant');
    ann.fill(modal, { Team: 'Design', Reason: 'x' });
    await ann.submit(modal);
    expect(running.scene.done).toHaveLength(1);
  });

  test('whose options were late is there for who tries again, which no test counts as a press', async () => {
    running.scene.teamsProblem = "Asana hasn't answered yet.";
    await grantForm();
    running.scene.teamsProblem = undefined;
    ann.presses();
    expect((await ann.form('Team')).view.submit?.text).toBe('Grant');
    expect(ann.presses()).toBe(0);
  });

  test('whose Try again is pressed twice shows the later answer, and no error', async () => {
    running.scene.teamsProblem = 'Asana answered 503';
    const modal = await grantForm();
    const fields = gate();
    running.scene.fieldsReady = fields.opened;
    running.scene.teamsProblem = undefined;
    await Promise.all([ann.pressIn(modal, 'Try again'), ann.pressIn(modal, 'Try again')]);
    await running.double.nextModal(({ updates }) => updates === 3); // Filled once, then loading twice.
    fields.open();
    await running.double.nextModal(({ view }) => view.submit?.text === 'Grant');
    await running.double.nextCall(({ error }) => error === 'hash_conflict');
    ann.fill(modal, { Team: 'Design', Reason: 'x' });
    await ann.submit(modal);
    expect(running.scene.done).toHaveLength(1);
    expect(running.scene.errors).toEqual([]);
  });

  test('whose modal fails to show a late outcome says it all the same', async () => {
    await running.stop();
    running = await runBot({ submitTimeoutMs: 0 });
    ann = running.double.addUser('ann');
    const modal = await grantForm();
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    const work = gate();
    running.scene.submitReady = work.opened;
    await ann.submit(modal);
    running.double.web.failNext('views.update', 'internal_error');
    work.open();
    expect(await running.double.message('bob has access')).toBeDefined();
  });

  test('whose modal fails to show late what is wrong says that it failed', async () => {
    await running.stop();
    running = await runBot({ submitTimeoutMs: 0 });
    ann = running.double.addUser('ann');
    const modal = await grantForm();
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    const work = gate();
    running.scene.submitReady = work.opened;
    running.scene.refusal = { team: 'Sales is full.' };
    await ann.submit(modal);
    running.double.web.failNext('views.update', 'internal_error');
    work.open();
    const said = await running.double.message('Something went wrong on our side');
    expect(said.channel).toBe(ann.direct);
  });

  test('that there is no reason to show says why, without a submit button', async () => {
    await ann.press(await directCard(), 'Closed');
    const modal = await running.double.modal('Zoom is turned off');
    expect(modal.view.submit).toBeUndefined();
  });

  test('whose trigger is too old is offered as a button', async () => {
    const card = await directCard();
    running.double.web.failNext('views.open', 'expired_trigger_id');
    await ann.press(card, 'Deny');
    expect(await running.double.message('Press the button')).toMatchObject({ channel: ann.direct });
  });

  test('that was closed while it loaded stays closed', async () => {
    const fields = gate();
    running.scene.fieldsReady = fields.opened;
    await ann.press(await directCard(), 'Grant');
    const modal = await running.double.modal('Loading…');
    ann.close(modal);
    fields.open();
    expect(await running.double.call('views.update')).toMatchObject({ error: 'not_found' });
    await ann.command('access after', ann.direct);
    await running.double.message('Access of after');
    expect(running.scene.errors).toEqual([]);
  });

  test('that Slack refuses to show says so instead of loading for ever', async () => {
    const card = await directCard();
    running.double.web.failNext('views.update', 'view_too_large');
    await ann.press(card, 'Deny');
    expect(await running.double.modal("This form couldn't be shown")).toBeDefined();
  });

  test('answered by someone else changes nothing', async () => {
    const modal = await grantForm();
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    const eve = running.double.addUser('eve');
    await eve.submitUnchecked(modal);
    expect(await running.double.message('This form has expired')).toMatchObject({
      channel: eve.direct,
    });
    expect(running.scene.done).toEqual([]);
  });

  test('answered twice does its thing once, and the second answer is met with silence', async () => {
    const modal = await grantForm();
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    await ann.submitUnchecked(modal);
    const { status, body } = await ann.submitUnchecked(modal);
    expect([status, body]).toEqual([200, '']);
    expect(JSON.stringify(running.double.workspace.messages)).not.toContain('has expired');
    expect(running.scene.done).toHaveLength(1);
  });

  test('whose action takes longer than Slack waits ends in the modal', async () => {
    await running.stop();
    running = await runBot({ submitTimeoutMs: 0 });
    ann = running.double.addUser('ann');
    const modal = await grantForm();
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    const work = gate();
    running.scene.submitReady = work.opened;
    await ann.submit(modal); // Acknowledged in time, or this throws.
    expect(readable(modal.view.blocks)).toContain('Loading…');
    work.open();
    expect(await running.double.modal('You can close this window')).toBe(modal);
    expect(await running.double.message('bob has access')).toBeDefined();
  });
});

describe('a form that is followed by another', () => {
  const eraseForm = async (person: string) => {
    await ann.command(`access ${person}`, ann.direct);
    const card = await running.double.message(`Access of ${person}`, { channel: ann.direct });
    await ann.press(card, 'Erase');
    const form = await running.double.nextModal(({ updates }) => updates > 0);
    ann.fill(form, { Why: 'They asked' });
    return form;
  };

  test('shows it in its place, and only the second does something', async () => {
    const form = await eraseForm('bob');
    await ann.submit(form);
    expect(readable(form.view.blocks)).toContain('Everything of bob goes.');
    expect(form.view.submit?.text).toBe('For good');
    expect(running.scene.done).toEqual([]);
    await ann.submit(form);
    await running.double.message('bob is erased', { channel: ann.direct });
    expect(running.scene.done).toEqual(['erased bob']);
  });

  test('shows it late where the first took longer than Slack waits', async () => {
    const work = gate();
    running.scene.submitReady = work.opened;
    const form = await eraseForm('bob');
    const submitted = ann.submit(form);
    await running.double.modal('Loading…');
    work.open();
    await submitted;
    await running.double.modal('Everything of bob goes.');
    await ann.submit(form);
    expect(running.scene.done).toEqual(['erased bob']);
  });

  test('says why where there is none to show', async () => {
    await ann.submit(await eraseForm('nobody'));
    const said = await running.double.message('Nobody is erased');
    expect(said.channel).toBe(ann.direct);
  });
});

describe('a form that opens with answers', () => {
  const editForm = async () => {
    await ann.press(await directCard(), 'Edit');
    return running.double.nextModal(({ updates }) => updates > 0);
  };
  const opened =
    'saved {"name":"Ann","start":"2026-11-24","team":"v1","manager":"v140","tools":["v0","v3"],"lists":["v149"]}';

  test('gives them back as they are, type-aheads too', async () => {
    const form = await editForm();
    await ann.submit(form);
    expect(running.scene.done).toEqual([opened]);
  });

  test('keeps a text that is too long for its field, unless another one is typed', async () => {
    running.scene.name = 'x'.repeat(3001);
    const form = await editForm();
    expect(readable(form.view.blocks)).toContain('It stays if you leave the field empty');
    await ann.submit(form);
    const other = await editForm();
    ann.fill(other, { Name: 'Bea' });
    await ann.submit(other);
    expect(running.scene.done).toEqual([
      opened.replace('Ann', running.scene.name),
      opened.replace('Ann', 'Bea'),
    ]);
  });

  test('shows what was answered since, and not what it opened with, after it had to show that it is loading', async () => {
    await running.stop();
    running = await runBot({ now: () => now, submitTimeoutMs: 5 });
    ann = running.double.addUser('ann');
    const { opened: ready, open } = gate();
    running.scene.submitReady = ready;
    running.scene.refusal = { team: 'Not that one.' };
    const form = await editForm();
    ann.fill(form, { Name: 'Bea', Team: 'Number 2', Tools: ['Number 1'] });
    await ann.submit(form);
    open();
    await running.double.modal('Not that one.');
    running.scene.refusal = undefined;
    await ann.submit(form);
    await running.slack.stop(); // However long that takes here.
    expect(running.scene.done).toEqual([
      opened.replace('Ann', 'Bea').replace('"v1"', '"v2"').replace('["v0","v3"]', '["v1"]'),
    ]);
  });
});
