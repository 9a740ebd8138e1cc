/** The whole story in Slack: signed requests through Bolt's HTTP receiver, real worker, real third parties. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { type CompanyProcess, startCompanyProcess } from '../support/company/company-process.ts';
import { leaks } from '../support/leaks.ts';
import { outgoingSecrets } from '../support/outgoing-secrets.ts';
import { readable } from '../support/slack-double/readable.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';

const ANN = 'ann.lee@harbour.example';

let slack: SlackDouble;
let company: CompanyProcess;
let marco: SlackUser;
let ada: SlackUser;
let ines: SlackUser;
let ann: SlackUser;

beforeAll(async () => {
  slack = await SlackDouble.start();
  company = await startCompanyProcess({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.url}/slack/events`;
  marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
  ada = slack.addUser('ada', { email: personas.admin.email });
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

test('a manager grants access with a type-ahead over 240 teams, and the person is notified', async () => {
  await marco.command('access Ann Lee');
  const card = await slack.message('No access', { channel: marco.direct });
  await marco.press(card, 'Grant…');
  const modal = await slack.modal('Team');
  expect(await marco.type(modal, 'Team', 'lagoon sec')).toEqual(['Lagoon Security']);
  marco.fill(modal, { Team: 'Lagoon Security', Role: 'Editor' });
  await marco.submit(modal);

  await slack.message('✓ Ann Lee now has Fernboard', { channel: marco.direct });
  await slack.message('You now have Fernboard', { channel: ann.direct });
  await slack.message('✓ Has access', { channel: marco.direct });
  expect(company.teamTool.state.members.get(ANN)?.role).toBe('editor');
});

test('the same person is found by mention, and someone unknown is not', async () => {
  await marco.command('access @ann');
  await slack.message('Access of Ann Lee', { channel: marco.direct });
  await marco.command('access Zoltan');
  const message = await slack.message('No one you can view matches "Zoltan"');
  expect(message.channel).toBe(marco.direct);
});

test("a manager who isn't the person's is refused, also with a card that was forwarded", async () => {
  await ines.command('access Ann Lee');
  await slack.message('No one you can view matches "Ann Lee"', { channel: ines.direct });
  const card = await slack.message('✓ Has access', { channel: marco.direct });
  await ines.press(card, 'Revoke…');
  await slack.modal("You can't revoke this");
  expect(company.teamTool.state.members.has(ANN)).toBe(true);
  const audit = await company.foundation.stores.auditLog.list({ offset: 0, limit: 20 });
  expect(audit.map(({ what }) => what)).toContain('refused');
});

test('a stranger and a guest who are not in the directory are refused', async () => {
  const stranger = slack.addUser('mallory', { stranger: true, teamId: 'T0OTHER' });
  await stranger.command('access Ann Lee');
  await slack.message('I only work for people in the directory');
  const member = slack.addUser('new', { email: 'new@harbour.example' });
  await member.command('help');
  const message = await slack.message(
    "No one in Latchkey's directory has the address in your profile here",
  );
  expect(message.ephemeralFor).toBe(member.id);
});

test('Home shows a manager their reports, and leads to what one of them has', async () => {
  await marco.openTab();
  const home = await slack.home(marco, 'Your reports');
  expect(readable(home.view.blocks)).not.toContain('Integrations that need you');
  const before = slack.workspace.messages.length;
  await marco.pressAtHome('Access');
  await slack.home(marco, "I've sent it to you");
  const sent = slack.workspace.messages.slice(before).map(({ blocks }) => readable(blocks));
  expect(sent.join()).toContain('Access of ');

  const stranger = slack.addUser('nobody', { email: 'nobody@harbour.example' });
  await stranger.openTab();
  await slack.home(stranger, "I don't know you yet");
});

test('access is asked for from Home, in a form', async () => {
  await ada.command('notices Fernboard'); // In a channel; the next test reads it there.
  await slack.message('Notices', { channel: 'C0GENERAL' });
  await ann.openTab();
  await slack.home(ann, 'Your access');
  await ann.pressAtHome('Request access…');
  await slack.home(ann, 'What do you need?');
  await ann.pressAtHome('Request: Fernboard');
  const modal = await ann.form('Why do you need it?');
  await ann.type(modal, 'Team', 'lagoon sec');
  ann.fill(modal, { Team: 'Lagoon Security', Role: 'Editor', 'Why do you need it?': 'Another' });
  await ann.submit(modal);
  const home = await slack.home(ann, 'Fernboard is waiting for approval');
  expect(readable(home.view.blocks)).toContain("I've sent it to you");

  await marco.openTab();
  await slack.home(marco, 'Ann Lee requests Fernboard');
});

test('what a channel reads opens for those who may see more, each in their own conversation', async () => {
  const notice = await slack.message('Ann Lee requests Fernboard', { channel: 'C0GENERAL' });
  expect(readable(notice.blocks)).not.toContain('Another');
  const before = slack.workspace.messages.length;
  await marco.press(notice, 'Open the request');
  const since = () => slack.workspace.messages.slice(before);
  await slack.nextMessage(
    (message) => since().includes(message) && message.channel === marco.direct,
  );
  await slack.nextMessage(
    (message) => since().includes(message) && message.ephemeralFor === marco.id,
  );
  await ines.press(notice, 'Open the request');
  const refused = await slack.message("You can't see this request", { channel: 'C0GENERAL' });
  expect(refused.ephemeralFor).toBe(ines.id);
  const inChannel = since().filter(({ channel }) => channel === 'C0GENERAL');
  expect(inChannel.map(({ ephemeralFor }) => ephemeralFor)).toEqual([marco.id, ines.id]);
});

test('shortcuts look up the person who is named, or wrote a message', async () => {
  await marco.shortcut('access');
  const modal = await marco.form('Whose access?');
  marco.fill(modal, { 'Name or email address': 'Zoltan' });
  await marco.submit(modal);
  expect(Object.values(modal.errors).join()).toContain('No one you can view matches "Zoltan"');
  marco.fill(modal, { 'Name or email address': 'ann lee' });
  const before = slack.workspace.messages.length;
  await marco.submit(modal);
  await slack.nextMessage((message) => slack.workspace.messages.indexOf(message) >= before);
  expect(modal.open).toBe(false);

  await marco.messageShortcut('access-of-author', ines);
  await slack.message('No one you can view matches "ines"', { channel: marco.direct });
  await marco.messageShortcut('access-of-author', 'an app');
  await slack.message('An app wrote this message');
});

test('a revoke that was sent twice is done once, and the access is gone', async () => {
  const card = await slack.message('✓ Has access', { channel: marco.direct });
  await marco.press(card, 'Revoke…');
  const modal = await slack.modal('This revokes Fernboard');
  await Promise.all([marco.submitUnchecked(modal), marco.submitUnchecked(modal)]);

  await slack.message('✓ Ann Lee no longer has Fernboard', { channel: marco.direct });
  await slack.message('You no longer have Fernboard', { channel: ann.direct });
  expect(company.teamTool.state.members.has(ANN)).toBe(false);
  const audit = await company.foundation.stores.auditLog.list({ offset: 0, limit: 50 });
  expect(audit.filter(({ what }) => what === 'revoke.started')).toHaveLength(1);
});

test('a third party that is down is shown in the form, and Try again fills it', async () => {
  await company.takeDown('Lodestone');
  await marco.command('grant noor.haddad@harbour.example');
  const card = await slack.message('What should Noor Haddad get?', { channel: marco.direct });
  await marco.press(card, 'Grant: Lodestone');
  const modal = await slack.modal("Latchkey couldn't get the options from Lodestone");
  await company.bringUp('Lodestone');
  await marco.pressIn(modal, 'Try again');
  const filled = await marco.form('Other groups');
  expect(filled.id).toBe(modal.id);
  marco.close(filled);
});

test('a secret that an app repeats in its refusal is hidden in the technical details', async () => {
  const [fernboard, lodestone] = [company.teamTool.state, company.staffDirectory.state];
  await ada.command('grant noor.haddad@harbour.example');
  const card = await slack.message('What should Noor Haddad get?', { channel: ada.direct });

  await ada.press(card, 'Grant: Lodestone');
  const groups = await ada.form('Home group');
  ada.fill(groups, { 'Home group': 'Builders' });
  lodestone.credentials.repeatsThem = true;
  await ada.submit(groups);
  const retried = await slack.message('⚠ Lodestone for Noor Haddad', { channel: ada.direct });
  await ada.press(retried, 'Technical details');
  const basic = await slack.message('Not understood', { channel: ada.direct });
  expect(readable(basic.blocks)).toContain('Authorization: Basic •••PASSWORD•••');

  await ada.press(card, 'Grant: Fernboard');
  const team = await ada.form('Team');
  await ada.type(team, 'Team', 'lagoon sec');
  ada.fill(team, { Team: 'Lagoon Security', Role: 'Editor' });
  fernboard.credentials.repeatsThem = true;
  await ada.submit(team);
  const failed = await slack.message('⚠ Fernboard for Noor Haddad', { channel: ada.direct });
  await ada.press(failed, 'Technical details');
  const bearer = await slack.nextMessage(({ blocks }) => readable(blocks).includes('Bearer'));
  expect(readable(bearer.blocks)).toContain('Not understood: Authorization: Bearer •••TOKEN•••');
});

test('no secret that goes out is in any file of the database, in the logs, or was ever shown in Slack', async () => {
  const { teamTool, staffDirectory, slowMail } = company;
  const received = [teamTool, staffDirectory, slowMail].flatMap(({ state }) => [
    ...state.credentials.received,
  ]);
  // As they arrived, which is also how they are known here.
  expect(received.toSorted()).toEqual([
    `Basic ${outgoingSecrets["Lodestone's header"]}`,
    `Bearer ${outgoingSecrets["Fernboard's token"]}`,
    outgoingSecrets["Pigeon Post's key"],
  ]);
  const files = company.databaseFiles();
  const log = await company.logged(/The worker claims jobs/);
  const shown = slack.workspace.heard.join('\n');
  // What isn't found below was looked for where things are: in both processes' lines, in both files, in what was edited away.
  const writers = new Set(Array.from(log.matchAll(/"pid":(\d+)/g), ([, pid]) => pid));
  expect(writers.size).toBe(2);
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining(['latchkey.sqlite', 'latchkey.sqlite-wal']),
  );
  expect(Object.values(files).join()).toContain(ANN);
  expect(shown).toContain('✓ Ann Lee now has Fernboard');
  expect(shown).toContain('Lagoon Security');

  expect(leaks({ ...outgoingSecrets, 'bot token': slack.token }, { ...files, log, shown })).toEqual(
    [],
  );
});
