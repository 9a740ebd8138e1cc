import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readable } from '../../support/slack-double/readable.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { gate, type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;

beforeEach(async () => {
  running = await runBot();
  ann = running.double.addUser('ann');
});
afterEach(async () => {
  await running.stop();
  expect(running.scene.errors).toEqual([]);
});

/** The card that `/latchkey access bob` gives, in ann's direct conversation. */
const directCard = async () => {
  await ann.command('access bob', ann.direct);
  return running.double.message('Access of bob', { channel: ann.direct });
};
const filledForm = async () => {
  await ann.press(await directCard(), 'Grant');
  return running.double.nextModal(({ view }) => view.submit?.text === 'Grant');
};

describe('a command', () => {
  test('in a channel is answered for the person who asked alone', async () => {
    await ann.command('access bob');
    const message = await running.double.message('Access of bob');
    expect(message).toMatchObject({ channel: 'C0GENERAL', ephemeralFor: ann.id });
  });

  test('in the direct conversation is answered by a message there', async () => {
    expect(await directCard()).toMatchObject({ channel: ann.direct });
    expect((await directCard()).ephemeralFor).toBeUndefined();
  });

  test('in a conversation with a colleague is answered for the person who asked alone', async () => {
    running.double.workspace.channels.set('D0COLLEAGUE', { im: 'U0BOB', member: false });
    await ann.command('access bob', 'D0COLLEAGUE');
    expect(await running.double.message('Access of bob')).toMatchObject({ ephemeralFor: ann.id });
  });

  test('recognises a mention by its id, and takes everything else literally', async () => {
    const bob = running.double.addUser('bob');
    await ann.command('access @bob');
    await running.double.message(`Access of bob (${bob.id})`);
    await ann.command('access <!channel> & bob@example.com *x*');
    await running.double.message('Access of <!channel> & bob@example.com *x*');
  });

  test('written to the bot directly is a command, too', async () => {
    await ann.write('access bob@example.com');
    await running.double.message('Access of bob@example.com', { channel: ann.direct });
  });

  test('that has no trigger offers a button that opens its form', async () => {
    await ann.write('form');
    await ann.press(await running.double.message('Press the button'), 'Open the form');
    await running.double.modal('Why');
  });
});

describe('a form', () => {
  test('opens at once, loading, and fills when its fields are known', async () => {
    const { opened, open } = gate();
    running.scene.fieldsReady = opened;
    await ann.press(await directCard(), 'Grant');
    const modal = await running.double.modal('Loading…');
    expect(modal.view.submit).toBeUndefined();
    open();
    await running.double.nextModal(({ id, updates }) => id === modal.id && updates === 1);
    expect(readable(modal.view.blocks)).toContain('Team');
  });

  test('hands its answers to the action, and says the outcome where it was asked', async () => {
    const modal = await filledForm();
    ann.fill(modal, { Team: 'Sales', Reason: ' <b>& more ', Until: '2027-01-31', Tools: ['Wiki'] });
    await ann.submit(modal);
    await running.double.message('bob has access', { channel: ann.direct });
    expect(modal.open).toBe(false);
    expect(running.scene.done).toEqual([
      `granted bob: ${JSON.stringify({ team: 'id of Sales', reason: ' <b>& more ', until: '2027-01-31', tools: ['wiki'] })}`,
    ]);
  });
});
