/** What cards say of what nobody knows, of who has left, and of names, in Slack and in Teams, with real processes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { type Connector, startConnector } from '../bots/teams/connector/connector-double.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import { present } from '../support/given/outcomes.ts';
import { LOCAL_MESSAGES, LOCAL_TEAMS } from '../support/local-teams.ts';
import { startThirdParty, type ThirdParty } from '../support/peers/third-party.ts';
import { readable } from '../support/slack-double/readable.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import { INES } from '../support/teams/personas.ts';
import { TeamsCards } from '../support/teams/teams-cards.ts';

const STORY_MS = 240_000;
const ANN = 'ann.lee@harbour.example';

let slack: SlackDouble;
let connector: Connector;
let plotbox: ThirdParty;
let company: TestCompany;
let admin: SlackUser;
let ines: TeamsCards;

beforeAll(async () => {
  slack = await SlackDouble.start();
  connector = await startConnector();
  plotbox = await startThirdParty();
  company = await testCompany({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ...LOCAL_TEAMS,
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
  });
  slack.eventsUrl = `${company.app.url}/slack/events`;
  admin = slack.addUser('admin', { email: personas.admin.email });
  ines = await TeamsCards.visit(INES, connector, `${company.app.url}${LOCAL_MESSAGES}`);
  const { transact, stores } = company.app.foundation;
  const falk = present(await stores.people.findByEmail(INES.email));
  await transact((tx) => tx.people.save({ ...falk, role: 'admin' }));
  const { url } = plotbox;
  const manifest = {
    exists: { url: `${url}/users`, method: 'GET', expected: '{{email}}' },
    execute: [{ url: `${url}/users` }],
    revoke: [{ url: `${url}/users`, method: 'DELETE' }],
  };
  for (const name of ['Plotbox', 'Plotbox admins'])
    await transact((tx) =>
      addIntegration(
        tx,
        { name, manifest: JSON.stringify(manifest), secrets: {} },
        { actor: { kind: 'system' } },
      ),
    );
}, STORY_MS);
afterAll(async () => {
  await company?.stop();
  await plotbox?.close();
  await connector?.stop();
  await slack?.stop();
});

const direct = () => ({ channel: admin.direct });

test(
  'a grant whose answer never came is said not to be known, and its card shows what Plotbox says',
  async () => {
    plotbox.on('GET /users', { json: [] });
    plotbox.on('POST /users', 'reset');
    await admin.command('grant Ann Lee');
    const picker = await slack.message('What should Ann Lee get?', direct());
    await admin.press(picker, 'Grant: Plotbox');
    await admin.submit(await slack.modal('Ann Lee'));
    const card = await slack.message(
      'Latchkey just sent a grant, which may still arrive.',
      direct(),
    );
    expect(readable(card.blocks)).toContain("? We don't know yet whether Ann Lee has Plotbox");

    await admin.command('home');
    const home = await slack.message('Not confirmed (1)', direct());
    await admin.press(home, 'View');
    await slack.message("Everyone's, not confirmed: 1", direct());

    plotbox.on('GET /users', { json: [ANN] });
    await admin.command('access Ann Lee');
    await slack.message('Has access (checked on', direct());
    const after = await slack.message("Ann Lee has Plotbox, but the grant didn't finish", direct());
    expect(after).toBe(card);
  },
  STORY_MS,
);

test(
  'a whole name opens its form though another one contains it',
  async () => {
    await admin.command('request plotbox');
    const form = await slack.modal('Why do you need it?');
    expect(form.view.title.text).toBe('Request Plotbox');
    admin.close(form);
  },
  STORY_MS,
);

test(
  'a last day that is over is asked about once more, in the modal',
  async () => {
    await admin.command('offboard Ben Sato');
    await admin.press(await slack.message('Is Ben Sato leaving?', direct()), 'Plan the last day…');
    const form = await slack.modal('Last day');
    admin.fill(form, { 'Last day': '2020-01-31' });
    await admin.submit(form);
    expect(readable(form.view.blocks)).toContain(
      'The last day you chose (31 Jan 2020) is already over.',
    );
    expect(readable(form.view.blocks)).toContain(
      'They have no access on record that could be removed.',
    );
    const { stores } = company.app.foundation;
    const ben = await stores.people.findByEmail('ben.sato@harbour.example');
    expect(await stores.offboardings.current(ben?.id ?? '')).toBeUndefined();
    await admin.submit(form);
    await slack.message('Offboarding of Ben Sato', direct());
  },
  STORY_MS,
);

test(
  'a last day that is over is asked about once more in Teams, in the place of the form',
  async () => {
    await ines.send('offboard Noor Haddad');
    await ines.openOn(
      'Is Noor Haddad leaving?',
      'Plan the last day…',
      "Next you'll see what will be removed",
    );
    await ines.fill('Last day', '2020-01-31');
    await ines.press('Plan it');
    await ines.waitForText('The last day you chose');
    await ines.waitUntilGone("Next you'll see what will be removed");
    await ines.press('Offboard now');
    await ines.waitForText('Offboarding of Noor Haddad');
    expect(await ines.read('Offboarding of Noor Haddad')).toContain('31 Jan 2020');
  },
  STORY_MS,
);

test(
  'who has left is offered no grant',
  async () => {
    const { transact, stores } = company.app.foundation;
    const marco = present(await stores.people.findByEmail('marco.ruiz@harbour.example'));
    await transact((tx) => tx.people.save({ ...marco, active: false }));
    await admin.command('access Marco Ruiz');
    const card = await slack.message('Access of Marco Ruiz, who has left', direct());
    expect(readable(card.blocks)).not.toContain('Grant');
    await admin.command('grant Marco Ruiz');
    await slack.message('Marco Ruiz has left', direct());
  },
  STORY_MS,
);

test(
  'notices in a channel without the bot says one thing, and changes nothing',
  async () => {
    slack.workspace.channels.set('C0SECRET', { member: false });
    await admin.command('notices', 'C0SECRET');
    const told = await slack.message("I can't post here yet", { channel: 'C0SECRET' });
    expect(told.ephemeralFor).toBe(admin.id);
    await admin.command('settings', admin.direct);
    const settings = await slack.message('Settings of Latchkey', direct());
    expect(readable(settings.blocks)).not.toContain('C0SECRET');
    const all = slack.workspace.messages.map(({ blocks }) => readable(blocks)).join('\n');
    expect(all).not.toContain('Notices now come here');
    expect(all).not.toContain("I can't post notices in");
  },
  STORY_MS,
);

test(
  'a phone number that is none is refused beside its field',
  async () => {
    await admin.command('hire Grace Hopper');
    const hire = await slack.modal('Work email address');
    admin.fill(hire, { 'Work email address': 'grace@harbour.example', Phone: 'soon' });
    await admin.submit(hire);
    expect(Object.values(hire.errors)).toEqual([
      '"soon" isn\'t a phone number; use one like +32470123456.',
    ]);
  },
  STORY_MS,
);
