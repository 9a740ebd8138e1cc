/** People in Slack, with real processes: somebody is hired, edited, joins, and leaves. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings.ts';
import { type TestCompany, testCompany } from '../support/company.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';

let slack: SlackDouble;
let company: TestCompany;
let admin: SlackUser;

beforeEach(async () => {
  slack = await SlackDouble.start();
  company = await testCompany({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.app.url}/slack/events`;
  admin = slack.addUser('admin', { email: personas.admin.email });
});
afterEach(async () => {
  await company?.stop();
  await slack?.stop();
});

const GRACE = 'grace.hopper@harbour.example';
const direct = () => ({ channel: admin.direct });

test('somebody is hired with a manager from the type-ahead, edited, and leaves', async () => {
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
  await slack.message('Access of Grace Hopper', { channel: grace.direct });

  await admin.press(edited, 'Deactivate…');
  await admin.submit(await slack.modal("can't use Latchkey from then on"));
  await slack.message('Grace Hopper has left', direct());
  await grace.command('help');
  await slack.message('Your access to Latchkey has ended');
});

test('whoever joins the workspace is asked about, and added with their name and address', async () => {
  const { transact, stores } = company.app.foundation;
  await transact((tx) => changeWorkspaceSettings(tx, { askAboutJoins: true }));
  await admin.command('help'); // So that the bot can write to them.
  const grace = slack.addUser('Grace Hopper', { email: GRACE });
  await grace.join();
  await grace.join();
  const question = await slack.message('Grace Hopper joined. Add them?', direct());
  await admin.press(question, 'Add…');
  await admin.submit(await slack.modal('Work email address'));
  await slack.message('Grace Hopper is in the directory', direct());
  expect(await stores.people.findByEmail(GRACE)).toMatchObject({
    firstName: 'Grace',
    role: 'new_hire',
  });
});
