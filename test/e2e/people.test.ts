/** People in Slack, with real processes: someone is hired, edited, joins, and leaves. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import { readable } from '../support/slack-double/readable.ts';
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

const ANN = 'ann.lee@harbour.example';

test.each([false, undefined])(
  'a member who came by single sign-on (is_email_confirmed: %s) is refused, until an admin lets such members in',
  async (emailConfirmed) => {
    const ann = slack.addUser('ann', { email: ANN, emailConfirmed });
    await ann.write('access');
    const refusal = await slack.message("Your address isn't confirmed", { channel: ann.direct });
    expect(readable(refusal.blocks)).toContain('Ask a Latchkey admin to link you by hand');

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

    await ann.write('access');
    await slack.message('Your access', { channel: ann.direct });
    for (const [name, who] of Object.entries({
      guest: { restricted: true },
      single: { ultraRestricted: true },
      connect: { stranger: true },
      elsewhere: { teamId: 'T0OTHER' },
    })) {
      const other = slack.addUser(name, {
        email: 'marco.ruiz@harbour.example',
        emailConfirmed,
        ...who,
      });
      await other.write('help');
      await slack.message('I only work for people in the directory', { channel: other.direct });
    }
  },
);

test('the address of an admin lets nobody in who has not confirmed it', async () => {
  const { transact, stores } = company.app.foundation;
  await transact((tx) => changeWorkspaceSettings(tx, { takesUnconfirmed: true }));
  const eve = slack.addUser('eve', { email: personas.admin.email, emailConfirmed: false });
  await eve.write('settings');
  await slack.message('Ask another Latchkey admin to link you by hand', { channel: eve.direct });
  expect(await stores.identities.find('slack', slack.workspace.teamId, eve.id)).toBeUndefined();
});

test('an admin picks who someone is in Slack, and confirms it', async () => {
  const ann = slack.addUser('ann', { email: 'a.lee@mail.example', emailConfirmed: false });
  await ann.write('access');
  await slack.message("Your address isn't confirmed", { channel: ann.direct });

  await admin.command('people Ann Lee');
  const card = await slack.message(`Email: ${ANN}`, direct());
  await admin.press(card, 'Account and data');
  const account = await slack.message('Account and data of Ann Lee', direct());
  await admin.press(account, 'Link chat…');
  const form = await slack.modal('Slack user');
  admin.fill(form, { 'Slack user': 'ann' });
  await admin.submit(form);
  await admin.press(await slack.message('Link Ann Lee?', direct()), 'Link');
  await slack.message('Slack, since', direct());

  await ann.write('access');
  expect(await slack.message('Your access', { channel: ann.direct })).toBeDefined();
});

test('someone who joins the workspace is asked about, and added with their name and address', async () => {
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
