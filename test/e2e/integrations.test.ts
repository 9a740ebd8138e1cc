/** An admin adds and changes an integration in Slack, with real processes: a large manifest as a file, and notices in a channel. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
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
  expect((await beacon())?.settings?.policy?.longestHours).toBe(30 * 24);
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
