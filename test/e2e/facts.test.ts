/**
 * A fact that a manager types about a report, in one company that uses both platforms, with real processes on SQLite: the
 * person says yes in Teams, another says no in Slack, and only what they said is sent.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { keepFacts } from '../../src/engine/people/fact-claims.ts';
import { type Connector, startConnector } from '../bots/teams/connector/connector-double.ts';
import { type CompanyProcess, startCompanyProcess } from '../support/company/company-process.ts';
import { LOCAL_MESSAGES, LOCAL_TEAMS } from '../support/local-teams.ts';
import { startThirdParty, type ThirdParty } from '../support/peers/third-party.ts';
import { readable } from '../support/slack-double/readable.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import { ANN } from '../support/teams/personas.ts';
import { TeamsCards } from '../support/teams/teams-cards.ts';

const BEN = 'ben.sato@harbour.example';
const INES = 'ines.falk@harbour.example';
const STORY_MS = 240_000;

let slack: SlackDouble;
let connector: Connector;
let github: ThirdParty;
let company: CompanyProcess;
let marco: SlackUser;
let ben: SlackUser;
let ann: TeamsCards;

beforeAll(async () => {
  slack = await SlackDouble.start();
  connector = await startConnector();
  github = await startThirdParty();
  company = await startCompanyProcess({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ...LOCAL_TEAMS,
    ALLOW_PRIVATE_HOSTS: new URL(github.url).host,
  });
  await company.logged(/The worker claims jobs/);
  slack.eventsUrl = `${company.url}/slack/events`;
  marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
  ben = slack.addUser('ben', { email: BEN });
  ann = await TeamsCards.visit(ANN, connector, `${company.url}${LOCAL_MESSAGES}`);
  await ann.send('help'); // In Teams the bot can write to someone from their first message on.
  await ann.waitForText('What I can do');
  const manifest = JSON.stringify({
    extra_user_info: [{ id: 'GITHUB_USERNAME', name: 'GitHub username' }],
    execute: [{ method: 'PUT', url: `${github.url}/members/{{GITHUB_USERNAME}}` }],
  });
  const { transact } = company.foundation;
  const actor = { kind: 'operator', user: 'root' } as const;
  await transact((tx) => addIntegration(tx, { name: 'GitHub', manifest, secrets: {} }, { actor }));
});
afterAll(async () => {
  await company?.stop();
  await github?.close();
  await connector?.stop();
  await slack?.stop();
});

test(
  'a manager grants in Slack, and nothing is sent until the person has said yes in Teams',
  async () => {
    github.on('PUT /members/ann-lee', { json: {} });
    await marco.command('grant Ann Lee');
    const picker = await slack.message('What should Ann Lee get?', { channel: marco.direct });
    await marco.press(picker, 'Grant: GitHub');
    const form = await slack.modal('GitHub username');
    marco.fill(form, { 'GitHub username': 'ann-lee' });
    await marco.submit(form);
    const waits = await slack.message('It starts when Ann Lee confirms this in chat', {
      channel: marco.direct,
    });
    await ann.waitForButton('Confirm: your GitHub username is ann-lee', "Yes, that's mine");
    expect(github.requests).toEqual([]);
    await ann.press("Yes, that's mine");
    await ann.waitForText('✓ Your GitHub username is ann-lee');
    await github.received(1);
    expect(github.requests.map(({ url }) => url)).toEqual(['/members/ann-lee']);
    await slack.nextMessage(
      (message) => message === waits && !readable(message.blocks).includes('It starts when'),
    );
  },
  STORY_MS,
);

test(
  'who says no in Slack says what it is instead, and that is kept',
  async () => {
    await ben.command('help', ben.direct);
    await slack.message('What I can do', { channel: ben.direct });
    const { transact, stores } = company.foundation;
    const [person, manager] = [
      await stores.people.findByEmail(BEN),
      await stores.people.findByEmail(INES),
    ];
    const actor = { kind: 'person', personId: manager?.id ?? '', via: 'teams' } as const;
    const facts = { GITHUB_USERNAME: 'ben' };
    await transact((tx) => keepFacts(tx, { personId: person?.id ?? '', facts, actor }));
    const question = await slack.message('Confirm: your GitHub username is ben', {
      channel: ben.direct,
    });
    expect(readable(question.blocks)).toContain('Ines Falk');
    await ben.press(question, 'No…');
    const form = await slack.modal('What is your GitHub username?');
    // Someone has that one already, and is not named.
    ben.fill(form, { 'What is your GitHub username?': 'ANN-LEE' });
    await ben.submit(form);
    expect(JSON.stringify(form.errors)).toContain('Someone else already has ANN-LEE');
    ben.fill(form, { 'What is your GitHub username?': 'bsato' });
    await ben.submit(form);
    await slack.message('✓ Your GitHub username is bsato', { channel: ben.direct });
    expect((await stores.people.findByEmail(BEN))?.stored).toEqual({ GITHUB_USERNAME: 'bsato' });
  },
  STORY_MS,
);
