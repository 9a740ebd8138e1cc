/**
 * What an admin does in Slack, with real processes. People: someone is hired, edited, joins, and leaves. An integration is added and
 * changed: a large manifest as a file, and notices in a channel.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { settingsOf } from '../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import { readable } from '../support/slack-double/readable.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';

let slack: SlackDouble;
let company: TestCompany;
let admin: SlackUser;

beforeAll(async () => {
  slack = await SlackDouble.start();
  company = await testCompany({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.app.url}/slack/events`;
  admin = slack.addUser('admin', { email: personas.admin.email });
});
afterAll(async () => {
  await company?.stop();
  await slack?.stop();
});
beforeEach(async () => {
  const asAtFirst = { takesUnconfirmed: false, askAboutJoins: false };
  await company.app.foundation.transact((tx) => changeWorkspaceSettings(tx, asAtFirst));
});

const GRACE = 'grace.hopper@harbour.example';
const direct = () => ({ channel: admin.direct });

test('someone is hired with a manager from the type-ahead, edited, and leaves', async () => {
  await admin.command('hire Grace Hopper');
  const hire = await slack.modal('Work email address');
  await admin.type(hire, 'Manager', 'marco');
  await admin.type(hire, 'Time zone', 'amsterdam');
  admin.fill(hire, {
    'Work email address': GRACE,
    Manager: 'Marco Ruiz · marco.ruiz@harbour.example',
    'Time zone': 'Europe/Amsterdam',
    'First day': '2026-12-01',
  });
  await admin.submit(hire);
  const card = await slack.message(`Email: ${GRACE}`, direct());
  expect(card.text).toContain('Grace Hopper');

  await admin.press(card, 'Edit…');
  const edit = await slack.modal('Grace Hopper');
  admin.fill(edit, { Position: 'Admiral' });
  await admin.submit(edit);
  const edited = await slack.message('Position: Admiral', direct());

  const grace = slack.addUser('grace', { email: GRACE });
  await grace.command('access');
  await slack.message('Your access', { channel: grace.direct });

  await admin.press(edited, 'Account and data');
  const account = await slack.message('Account and data of Grace Hopper', direct());
  await admin.press(account, 'Deactivate…');
  const leaves = "can't use Latchkey. Only lists that include leavers still show them.";
  await admin.submit(await slack.modal(leaves));
  await slack.message('Grace Hopper has left', direct());
  await grace.command('help');
  await slack.message('Your access to Latchkey has ended');
});

test('members who came by single sign-on are refused, until an admin lets such members in', async () => {
  const members = [
    // Slack says false of some, and nothing of others.
    slack.addUser('ann', { email: 'ann.lee@harbour.example', emailConfirmed: false }),
    slack.addUser('noor', { email: 'noor.haddad@harbour.example', emailConfirmed: undefined }),
  ];
  for (const member of members) {
    await member.write('access');
    const refusal = await slack.message("Your address isn't confirmed", { channel: member.direct });
    expect(readable(refusal.blocks)).toContain('Ask a Latchkey admin to link you by hand');
  }

  await admin.write('settings');
  await admin.press(
    await slack.message('Slack addresses: only confirmed addresses count', direct()),
    'Edit…',
  );
  const form = await slack.modal('Slack members with an unconfirmed address');
  admin.fill(form, {
    'Slack members with an unconfirmed address':
      "Let members of our own workspace in by their profile's address",
  });
  await admin.submit(form);
  await slack.message('members of your own workspace also get in', direct());

  for (const member of members) {
    await member.write('access');
    await slack.message('Your access', { channel: member.direct });
  }
  for (const [name, who] of Object.entries({
    guest: { restricted: true },
    single: { ultraRestricted: true },
    connect: { stranger: true },
    elsewhere: { teamId: 'T0OTHER' },
  }))
    for (const emailConfirmed of [false, undefined]) {
      const email = 'marco.ruiz@harbour.example';
      const user = { email, emailConfirmed, ...who };
      const other = slack.addUser(`${name} ${emailConfirmed}`, user);
      await other.write('help');
      await slack.message('I only work for people in the directory', { channel: other.direct });
    }
});

test('the address of an admin lets nobody in who has not confirmed it', async () => {
  const { transact, stores } = company.app.foundation;
  await transact((tx) => changeWorkspaceSettings(tx, { takesUnconfirmed: true }));
  const eve = slack.addUser('eve', { email: personas.admin.email, emailConfirmed: false });
  await eve.write('settings');
  await slack.message('Ask another Latchkey admin to link you by hand', { channel: eve.direct });
  expect(await stores.identities.find('slack', slack.workspace.teamId, eve.id)).toBeUndefined();
});

test('an admin picks who someone is in Slack, and confirms it', async () => {
  const ben = slack.addUser('ben', { email: 'b.sato@mail.example', emailConfirmed: false });
  await ben.write('access');
  await slack.message("Your address isn't confirmed", { channel: ben.direct });

  await admin.command('people Ben Sato');
  const card = await slack.message('Email: ben.sato@harbour.example', direct());
  await admin.press(card, 'Account and data');
  const account = await slack.message('Account and data of Ben Sato', direct());
  await admin.press(account, 'Link chat…');
  const form = await slack.modal('Slack user');
  admin.fill(form, { 'Slack user': 'ben' });
  await admin.submit(form);
  await admin.press(await slack.message('Link Ben Sato?', direct()), 'Link');
  await slack.nextMessage(
    ({ channel, blocks }) =>
      channel === admin.direct &&
      /^Account and data of Ben Sato[^]*Slack, since/.test(readable(blocks)),
  );

  await ben.write('access');
  expect(await slack.message('Your access', { channel: ben.direct })).toBeDefined();
});

test('someone who joins the workspace is asked about, and added with their name and address', async () => {
  const { transact, stores } = company.app.foundation;
  await transact((tx) => changeWorkspaceSettings(tx, { askAboutJoins: true }));
  await admin.command('help'); // So that the bot can write to them.
  const email = 'vera.rubin@harbour.example';
  const vera = slack.addUser('Vera Rubin', { email });
  await vera.join();
  await vera.join();
  const question = await slack.message('Vera Rubin joined. Add them?', direct());
  await admin.press(question, 'Add…');
  await admin.submit(await slack.modal('Work email address'));
  await slack.message('Vera Rubin is in the directory', direct());
  expect(await stores.people.findByEmail(email)).toMatchObject({
    firstName: 'Vera',
    role: 'new_hire',
  });
});

const said = (text: string) => slack.message(text, { channel: admin.direct });

const beacon = () => company.app.foundation.stores.integrations.findByName('Beacon');

/** More than Slack takes in any of its text fields. */
const large = (method: string): string =>
  JSON.stringify(
    {
      form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
      initial_data_form: [{ id: 'TOKEN', name: 'Beacon token' }],
      headers: { Authorization: 'Bearer {{TOKEN}}' },
      exists: {
        url: 'https://beacon.example.com/people?email={{email}}',
        method: 'GET',
        expected: '{{email}}',
      },
      execute: Array.from({ length: 40 }, (_, step) => ({
        url: `https://beacon.example.com/teams/{{TEAM}}/step-${step}`,
        method,
        data: { person: '{{email}}', note: 'n'.repeat(180) },
      })),
      revoke: [{ url: 'https://beacon.example.com/people/{{email}}', method: 'DELETE' }],
    },
    null,
    1,
  );

test('a manifest of more than 12,000 characters comes as a file, and what is wrong with it is all said', async () => {
  expect(large('POST').length).toBeGreaterThan(12_000);
  const broken = admin.upload('beacon.json', large('FETCH'));
  await admin.writeWith('integration add Beacon', [broken]);
  const card = await said('"Beacon" isn\'t added yet');
  expect(JSON.stringify(card.blocks)).toContain('40 errors, page 1 of 3');

  await admin.press(card, 'Send the file again…');
  const modal = await slack.modal('what you sent before');
  admin.fill(modal, { Emoji: '🔦', Manifest: admin.upload('beacon.json', large('POST')) });
  await admin.submit(modal);
  await said('🔦 Beacon');
  const { integrations } = company.app.foundation.stores;
  const version = await integrations.findVersion((await beacon())?.manifestVersionId);
  expect(version?.manifest).toBe(large('POST'));
});

test('its settings are changed in a form', async () => {
  await admin.command('integrations beacon');
  const card = await said('Beacon token');
  await admin.press(card, 'Settings…');
  const modal = await slack.modal('How many of them must approve');
  admin.fill(modal, { 'Longest time': '30 days' });
  await admin.submit(modal);
  await said('Settings of Beacon are saved');
  expect(settingsOf(await beacon()).policy?.longestHours).toBe(30 * 24);
});

test('notices of it go to the channel in which an admin writes that', async () => {
  await admin.command('notices Beacon');
  const first = await slack.message('chose this place for notices of Beacon', {
    channel: 'C0GENERAL',
  });
  expect(JSON.stringify(first.blocks)).toContain('Notices now come here');
});

test('it is deleted once its name was typed', async () => {
  await admin.command('integrations beacon');
  const card = await said('Beacon token');
  await admin.press(card, 'Delete…');
  const modal = await slack.modal('Type Beacon to confirm');
  admin.fill(modal, { 'Name of the integration': 'Beacon' });
  await admin.submit(modal);
  await said('Beacon is deleted');
  expect(await beacon()).toBeUndefined();
});
