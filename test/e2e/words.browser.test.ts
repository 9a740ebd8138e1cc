/** Words that people write to the bot, each with the card that it brings: in two Teams clients, and in Slack's Home and shortcut. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { commands } from '../../src/bots/features/commands.ts';
import { addEndpoint } from '../../src/engine/event-endpoints/change-endpoint.ts';
import { addManual } from '../../src/engine/integrations/integrations.ts';
import { workspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { authenticateToken } from '../../src/engine/tokens/authenticate-token.ts';
import { openBrowser } from '../support/browser/browser.ts';
import { followLink } from '../support/browser/follow-link.ts';
import { takePicture } from '../support/browser/pictures.ts';
import { openTeamsClients } from '../support/browser/teams-clients.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import { LOCAL_TEAMS } from '../support/local-teams.ts';
import { slackPicture } from '../support/peers/slack-drawing.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { TeamsChat } from '../support/teams/teams-chat.ts';

/** Long enough for cards and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;

let slack: SlackDouble;
let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let easelBrowser: Browser | undefined;
let tokenBrowser: Browser | undefined;
let marco: TeamsChat;
let ada: TeamsChat;

/** Of the newest card that says this. */
const picture = (page: TeamsChat, text: string, name: string): Promise<void> =>
  page.picture(text, name);

beforeAll(async () => {
  slack = await SlackDouble.start();
  company = await testCompany({
    ...LOCAL_TEAMS,
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.app.url}/slack/events`;
  const opened = await openTeamsClients(company, [personas.manager, personas.admin]);
  teams = opened;
  [marco, ada] = opened.pages;
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await easelBrowser?.close();
  await tokenBrowser?.close();
  await company?.stop();
  await slack?.stop();
});

test(
  'grant and revoke without more to go on ask what is meant',
  async () => {
    await marco.send('grant Ann');
    await marco.waitForText('What should Ann Lee get?');
    await picture(marco, 'What should Ann Lee get?', 'teams-grant-what');
    await marco.send('revoke Ann');
    await marco.waitForText('There is nothing to revoke from Ann Lee');
    await picture(marco, 'There is nothing to revoke from Ann Lee', 'teams-revoke-what');
    expect(await marco.read('There is nothing to revoke from Ann Lee')).toContain(
      'Not confirmed: Fernboard',
    );
  },
  STORY_MS,
);

test(
  'what has to be done by hand is a task of who does it, on a list and on a card',
  async () => {
    const { transact } = company.app.foundation;
    const by = { actor: { kind: 'system' } } as const;
    const assignee = { kind: 'manager' } as const;
    await transact((tx) => addManual(tx, { name: 'Door badge', assignee }, by));
    await marco.send('grant Ann');
    await marco.waitForText('Door badge');
    await marco.open('Grant: Door badge', 'By hand: creates a task for Marco Ruiz.');
    await marco.open('Grant', 'Grant Door badge to Ann Lee');
    await picture(marco, 'Grant Door badge to Ann Lee', 'teams-task');
    await marco.send('tasks');
    await marco.waitForText('Mine: 1');
    await picture(marco, 'Mine: 1', 'teams-tasks');
    expect(await marco.read('Mine: 1')).toContain('Grant Door badge to Ann Lee');
  },
  STORY_MS,
);

test(
  'requests lists what waits, and home what there is for a manager',
  async () => {
    await marco.send('request pigeon');
    await marco.fill('Name on outgoing mail', 'Marco');
    await marco.choose('Size', 'Small, 1 GB');
    await marco.fill('Why do you need it?', 'To write to customers.');
    await marco.open('Request', 'You requested Pigeon Post');
    await marco.send('requests');
    await marco.waitForText('Pigeon Post · waiting for approval');
    await picture(marco, 'requested on', 'teams-requests');
    await marco.send('home');
    await marco.waitForText('Pin this message');
    await picture(marco, 'Pin this message', 'teams-home');
    expect(await marco.read('Pin this message')).toContain('Pigeon Post is waiting for approval');
  },
  STORY_MS,
);

test(
  'away, data and language are about oneself',
  async () => {
    await marco.send('away');
    await marco.waitForText('You have no delegate. Requests that you approve wait for you.');
    await picture(marco, 'You have no delegate', 'teams-away');
    await marco.send('data');
    await marco.waitForText('everything Latchkey keeps about you');
    await picture(marco, 'everything Latchkey keeps', 'teams-data');
    await marco.send('language');
    await marco.waitForText('Your language: British English');
    await picture(marco, 'Your language: British English', 'teams-language');
    expect(await marco.read('Your language: British English')).toContain('Change…');
    await marco.send('authenticator');
    await marco.waitForText('You have none yet');
    await picture(marco, 'You have none yet', 'teams-authenticator');
    expect(await marco.read('You have none yet')).toContain('Set up…');
  },
  STORY_MS,
);

test(
  'an admin makes an API token: chat has the link to it, and the page shows it once',
  async () => {
    await ada.send('tokens');
    await ada.waitForText('No API tokens yet');
    await ada.open('New token…', 'Days until it expires');
    await ada.fill('Name', 'Nightly report');
    await ada.choose('Kind', 'Service: for a program; you answer for it');
    await picture(ada, 'Days until it expires', 'teams-token-form');
    await ada.open('Continue', 'The page creates it and shows it once');
    tokenBrowser = await openBrowser();
    const web = await tokenBrowser.newPage({ viewport: { width: 680, height: 500 } });
    await followLink('The page creates it and shows it once', { page: ada, web });
    await web.getByRole('button', { name: 'Show it now' }).click();
    const presented = await web.locator('#revealed').innerText();
    await takePicture(web.locator('body'), 'web-token');
    expect(await authenticateToken(presented, company.app.foundation)).toMatchObject({
      ok: true,
      person: { email: personas.admin.email },
    });
    await ada.send('tokens');
    await ada.waitForText('1 API token');
    expect(await ada.read('1 API token')).toContain('Nightly report');
    await picture(ada, '1 API token', 'teams-tokens');
    expect(await ada.read('1 API token')).not.toContain(presented);
  },
  STORY_MS,
);

test(
  'help lists the words, and a word that is none gets the one that was meant',
  async () => {
    await ada.send('help');
    await ada.waitForText('or type its command');
    await picture(ada, 'or type its command', 'teams-help');
    await ada.open('More', '[person] is a name');
    await marco.send('acess Ann');
    await marco.waitForText('Did you mean');
    await picture(marco, 'Did you mean', 'teams-did-you-mean');
    const all = await ada.read('[person] is a name');
    const others = commands.filter(({ word }) => word !== 'help');
    expect(others.filter(({ usage }) => !all.includes(usage))).toEqual([]);
    expect(await marco.read('Did you mean')).toContain('access Ann');
  },
  STORY_MS,
);

/** In three days, so that it is never today. */
const aWeekday = (): string => {
  const day = new Intl.DateTimeFormat('en', { weekday: 'long' });
  return day.format(Date.now() + 3 * 24 * 3_600_000);
};

test(
  'a sentence opens the form that it is about, with its app and its end',
  async () => {
    await marco.send(`I need Fernboard until ${aWeekday()}`);
    await marco.waitForText('Request Fernboard');
    await marco.waitForText('The time begins with the grant');
    await picture(marco, 'The time begins with the grant', 'teams-sentence');
    expect(await marco.chosen('For how long')).toMatch(/^Until /);
    await marco.send('I need Fernbord');
    await marco.waitForText('What did you mean?');
    await picture(marco, 'What did you mean?', 'teams-sentence-unsure');
    await ada.send('who has Fernboard?');
    await ada.waitForText('Who has Fernboard');
  },
  STORY_MS,
);

test(
  'an admin sees which systems receive events, and what they answered',
  async () => {
    const { transact } = company.app.foundation;
    const by = { actor: { kind: 'system' }, isRevealed: true } as const;
    for (const [name, kinds] of [
      ['SIEM', ['audit']],
      ['HR portal', ['access', 'offboarding']],
    ] as const)
      await transact((tx) => addEndpoint(tx, { name, url: 'https://example.com/in', kinds }, by));
    await ada.send('events');
    await ada.waitForText('2 event endpoints');
    await picture(ada, '2 event endpoints', 'teams-events');
    await ada.open('Open: SIEM', 'Events to SIEM');
    expect(await ada.read('Events to SIEM')).toContain('https://example.com/…');
  },
  STORY_MS,
);

test(
  'an admin has notices where they ask for it',
  async () => {
    await ada.goTo('Group Chat');
    await ada.send('<at>Latchkey</at> notices');
    await ada.waitForText('Notices now come here');
    await picture(ada, 'Notices now come here', 'teams-notices');
    const { stores } = company.app.foundation;
    // It is stored when the notice has proven that it can be written there.
    const platform = async () => (await workspaceSettings(stores)).notices?.address.platform;
    await expect.poll(platform, { timeout: STORY_MS }).toBe('teams');
  },
  STORY_MS,
);

test(
  'in Slack, Home shows the same, and a shortcut looks someone up from anywhere',
  async () => {
    // The clients are drawn all the while in theirs.
    easelBrowser = await openBrowser();
    const easel = await easelBrowser.newPage({ viewport: { width: 600, height: 400 } });
    const user = slack.addUser('marco', { email: personas.manager.email, realName: 'Marco Ruiz' });
    await user.openTab();
    const { view } = await slack.home(user, 'Hello Marco');
    expect(JSON.stringify(view.blocks)).toContain('Your reports (2)');
    await slackPicture(easel, { blocks: view.blocks }, 'slack-home');
    await user.shortcut('access');
    const modal = await slack.modal('Whose access?');
    user.fill(modal, { 'Name or email address': 'Ann' });
    await slackPicture(easel, modal, 'slack-shortcut');
    await user.submit(modal);
    const card = await slack.message('Access of Ann Lee', { channel: user.direct });
    expect(JSON.stringify(card.blocks)).toContain('Fernboard');
    await user.command(`I need Fernboard until ${aWeekday()}`);
    const form = await slack.modal('Why do you need it?');
    expect(JSON.stringify(form.view)).toMatch(/"initial_option":[^}]*"text":"Until /);
  },
  STORY_MS,
);
