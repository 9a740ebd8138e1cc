/** The whole story in Slack: signed requests through Bolt's HTTP receiver, real worker, real third parties. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PIGEON_POST_KEY } from '../../demo/third-parties/slow-mail.ts';
import { LODESTONE_PASSWORD } from '../../demo/third-parties/staff-directory.ts';
import { FERNBOARD_TOKEN } from '../../demo/third-parties/team-tool.ts';
import { type TestCompany, testCompany } from '../support/company.ts';
import { readable } from '../support/slack-double/readable.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';

const ANN = 'ann.lee@harbour.example';

let slack: SlackDouble;
let company: TestCompany;
let marco: SlackUser;
let ines: SlackUser;
let ann: SlackUser;

beforeAll(async () => {
  slack = await SlackDouble.start();
  company = await testCompany({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.app.url}/slack/events`;
  marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
  ines = slack.addUser('ines', { email: 'ines.falk@harbour.example' });
  ann = slack.addUser('ann', { email: ANN });
});
afterAll(async () => {
  await company?.stop();
  await slack?.stop();
});

test('help answers where it was asked', async () => {
  await ann.command('help');
  const message = await slack.message('What I can do');
  expect(message.ephemeralFor).toBe(ann.id);
});

test('a manager grants access with a type-ahead over 240 teams, and the person is told', async () => {
  await marco.command('access Ann Lee');
  const card = await slack.message('No access', { channel: marco.direct });
  await marco.press(card, 'Grant…');
  const modal = await slack.modal('Team');
  expect(await marco.type(modal, 'Team', 'lagoon sec')).toEqual(['Lagoon Security']);
  marco.fill(modal, { Team: 'Lagoon Security', Role: 'Editor' });
  await marco.submit(modal);

  await slack.message('✓ Ann Lee has Fernboard now', { channel: marco.direct });
  await slack.message('You have Fernboard now', { channel: ann.direct });
  await slack.message('✓ Has access', { channel: marco.direct });
  expect(company.teamTool.state.members.get(ANN)?.role).toBe('editor');
});

test('the same person is found by mention, and somebody unknown is not', async () => {
  await marco.command('access @ann');
  await slack.message('Access of Ann Lee', { channel: marco.direct });
  await marco.command('access Zoltan');
  const message = await slack.message('I found nobody called "Zoltan"');
  expect(message.ephemeralFor).toBe(marco.id);
});

test("a manager who isn't the person's is refused, also with a card that was forwarded", async () => {
  await ines.command('access Ann Lee');
  await slack.message("You can't see this person's access");
  const card = await slack.message('✓ Has access', { channel: marco.direct });
  await ines.press(card, 'Revoke…');
  await slack.modal("You can't revoke this");
  expect(company.teamTool.state.members.has(ANN)).toBe(true);
  const audit = await company.app.foundation.stores.audit.list({ offset: 0, limit: 20 });
  expect(audit.map(({ what }) => what)).toContain('refused');
});

test('a stranger and a guest who are not in the directory are refused', async () => {
  const stranger = slack.addUser('mallory', { stranger: true, teamId: 'T0OTHER' });
  await stranger.command('access Ann Lee');
  await slack.message('I only work for people in the directory');
  const member = slack.addUser('new', { email: 'new@harbour.example' });
  await member.command('help');
  const message = await slack.message(
    "Nobody in Latchkey's directory has the address new@harbour.example",
  );
  expect(message.ephemeralFor).toBe(member.id);
});

test('a revoke that was sent twice is done once, and the access is gone', async () => {
  const card = await slack.message('✓ Has access', { channel: marco.direct });
  await marco.press(card, 'Revoke…');
  const modal = await slack.modal('loses Fernboard');
  await Promise.all([marco.submitUnchecked(modal), marco.submitUnchecked(modal)]);

  await slack.message('✓ Ann Lee no longer has Fernboard', { channel: marco.direct });
  await slack.message('You no longer have Fernboard', { channel: ann.direct });
  expect(company.teamTool.state.members.has(ANN)).toBe(false);
  const audit = await company.app.foundation.stores.audit.list({ offset: 0, limit: 50 });
  expect(audit.filter(({ what }) => what === 'revoke.started')).toHaveLength(1);
});

test('a third party that is down is shown in the form, and Try again fills it', async () => {
  await company.takeDown('Lodestone');
  await marco.command('grant noor.haddad@harbour.example');
  const card = await slack.message('What should Noor Haddad get?', { channel: marco.direct });
  await marco.press(card, 'Grant Lodestone…');
  const modal = await slack.modal('The options could not be fetched from Lodestone');
  await company.bringUp('Lodestone');
  await marco.pressIn(modal, 'Try again');
  const filled = await slack.nextModal(({ view }) =>
    readable(view.blocks).includes('Other groups'),
  );
  expect(filled.id).toBe(modal.id);
});

test('no secret is in a Slack message, in a modal or in the database', () => {
  const said = slack.workspace.messages.map(({ blocks, text }) => JSON.stringify([blocks, text]));
  const shown = slack.workspace.modals.map(({ view }) => JSON.stringify(view));
  const everything = [...said, ...shown, company.databaseBytes()].join('\n');
  for (const secret of [FERNBOARD_TOKEN, LODESTONE_PASSWORD, PIGEON_POST_KEY]) {
    expect(everything.includes(secret)).toBe(false);
    expect(everything.includes(Buffer.from(secret).toString('base64'))).toBe(false);
  }
});
