/**
 * Asking and deciding in one company that uses both platforms, with real processes on SQLite. The life of what was
 * granted is shown with real time: its end is set near in the database, and this test ticks as another process would.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Hold } from '../../src/engine/access/hold.ts';
import type { Stores } from '../../src/engine/ports/unit-of-work.ts';
import { defaultPolicy } from '../../src/engine/settings/settings.ts';
import { type Connector, startConnector } from '../bots/teams/connector/connector-double.ts';
import { type CompanyProcess, startCompanyProcess } from '../support/company/company-process.ts';
import { firstOf } from '../support/given/outcomes.ts';
import { LOCAL_MESSAGES, LOCAL_TEAMS } from '../support/local-teams.ts';
import { readable } from '../support/slack-double/readable.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import type { SlackUser } from '../support/slack-double/slack-user.ts';
import type { DoubleModal } from '../support/slack-double/workspace.ts';
import { INES } from '../support/teams/personas.ts';
import { TeamsCards } from '../support/teams/teams-cards.ts';
import { tick } from '../support/tick.ts';
import { until } from '../support/until.ts';

const ANN = 'ann.lee@harbour.example';
const BEN = 'ben.sato@harbour.example';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STORY_MS = 240_000;

let slack: SlackDouble;
let connector: Connector;
let company: CompanyProcess;
let ann: SlackUser;
let marco: SlackUser;
let ben: SlackUser;
let ines: TeamsCards;

beforeAll(async () => {
  slack = await SlackDouble.start();
  connector = await startConnector();
  company = await startCompanyProcess({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ...LOCAL_TEAMS,
  });
  await company.logged(/The worker claims jobs/);
  slack.eventsUrl = `${company.url}/slack/events`;
  ann = slack.addUser('ann', { email: ANN });
  marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
  ben = slack.addUser('ben', { email: BEN });
  ines = await TeamsCards.visit(INES, connector, `${company.url}${LOCAL_MESSAGES}`);
  await ines.send('help'); // In Teams the bot can write to someone from their first message on.
  await ines.waitForText('What I can do');
});
afterAll(async () => {
  await company?.stop();
  await connector?.stop();
  await slack?.stop();
});

test(
  'two in Slack: asked, approved, granted, warned, kept for longer, ended, revoked',
  async () => {
    await ann.command('request fern');
    const form = await ann.form('Team');
    await ann.type(form, 'Team', 'lagoon sec');
    ann.fill(form, {
      Team: 'Lagoon Security',
      Role: 'Editor',
      'Why do you need it?': 'I plan the launch with them.',
      'Or another time': '30 days',
    });
    await ann.submit(form);
    await slack.message('Waiting for Marco Ruiz.', { channel: ann.direct });
    const question = await slack.message('Ann Lee requests Fernboard', { channel: marco.direct });
    expect(readable(question.blocks)).toContain('Lagoon Security');
    await marco.press(question, 'Approve');
    for (const { direct: channel } of [ann, marco]) {
      const decided = await slack.message('Access was granted.', { channel });
      expect(readable(decided.blocks)).toContain('✓ Approved by Marco Ruiz');
      expect(readable(decided.blocks)).not.toMatch(/Approve\b|Deny|Withdraw/);
    }
    expect(company.teamTool.state.members.get(ANN)?.role).toBe('editor');

    const startedAt = new Date(Date.now() - 30 * DAY);
    await changeHold({ startedAt, endsAt: new Date(Date.now() + 12 * HOUR) });
    await tick(company.foundation);
    const warning = await slack.message('Your access to Fernboard expires', {
      channel: ann.direct,
    });
    await ann.press(warning, 'Extend…');
    const longer = await slack.modal('This requests more time');
    ann.fill(longer, {
      'Why do you still need it?': 'It takes longer.',
      'Or another time': '10 days',
    });
    await ann.submit(longer);
    const again = await slack.message('Ann Lee requests to keep Fernboard longer', {
      channel: marco.direct,
    });
    await marco.press(again, 'Approve');
    await slack.message('The access was extended.', { channel: ann.direct });
    await slack.message('You have Fernboard until', { channel: ann.direct });
    const end = ((await holdOfAnn()).endsAt?.getTime() ?? 0) - Date.now();
    expect(Math.round(end / DAY)).toBe(10); // And twelve hours.

    await marco.command('access Ann Lee');
    await slack.message('✓ Has access', { channel: marco.direct });
    await changeHold({ endsAt: new Date(Date.now() - MINUTE) });
    await tick(company.foundation);
    await slack.nextMessage(({ channel, blocks }) => {
      const text = readable(blocks);
      return channel === marco.direct && /Access of Ann Lee/.test(text) && !/✓ Has/.test(text);
    });
    // The card stops showing it as soon as its removal begins. This is said when it is gone.
    await slack.message('Your access to Fernboard has expired', { channel: ann.direct });
    expect(company.teamTool.state.members.has(ANN)).toBe(false);
  },
  STORY_MS,
);

test(
  'someone in Slack asks, who decides is in Teams, and both cards end the same',
  async () => {
    await askForMailbox();
    await ines.waitForText('Ben Sato requests Pigeon Post');
    expect(await ines.labelsOn('Ben Sato requests Pigeon Post')).toEqual([
      'Approve',
      'Deny…',
      'Approve with a comment…',
      'Approve for less time…',
      'Ask the requester…',
      'Reassign…',
      'What they have',
    ]);
    await ines.press('Approve');
    await ines.waitForText('Access was granted.');
    expect(await ines.labelsOn('Ben Sato requested Pigeon Post')).toEqual([]);
    const told = await slack.message('Access was granted.', { channel: ben.direct });
    expect(readable(told.blocks)).toContain('✓ Approved by Ines Falk');
    expect(company.slowMail.state.mailboxes.size).toBe(1);

    const [entry] = await company.foundation.stores.auditLog.list(
      { offset: 0, limit: 1 },
      { what: 'request.approved' },
    );
    expect(entry?.actor).toMatchObject({ kind: 'person', via: 'teams' });
  },
  STORY_MS,
);

test('what is withdrawn in Slack can be approved in Teams no more', async () => {
  await askForMailbox();
  const approve = await ines.holdOn('Waiting for you.', 'Approve');
  const own = await slack.message('Waiting for Ines Falk.', { channel: ben.direct });
  await ben.press(own, 'Withdraw');
  await approve(); // As from a client that has not heard of it.
  await ines.waitForText('This request is closed');
  await ines.waitForText('It was withdrawn on');
  expect(await ines.labelsOn('It was withdrawn on')).toEqual([]);
});

test(
  'dozens of clicks in Slack and in Teams at once decide once, and both cards end the same',
  async () => {
    const { stores, transact } = company.foundation;
    const approvers = ['marco.ruiz@harbour.example', 'ines.falk@harbour.example'];
    const people = await stores.people.findByEmails(approvers);
    const pigeon = (await stores.integrations.list()).find(({ name }) => name === 'Pigeon Post');
    if (!pigeon) throw new Error('There is no Pigeon Post');
    const personIds = people.map(({ id }) => id);
    const policy = { ...defaultPolicy, approvers: { kind: 'people' as const, personIds } };
    await transact((tx) => tx.integrations.save({ ...pigeon, settings: { policy } }));

    const before = slack.workspace.messages.length;
    await askForMailbox();
    const who = /Waiting for .* or /;
    const approve = await ines.holdOn('Ben Sato requests Pigeon Post', 'Approve');
    const inSlack = await slack.nextMessage(
      ({ channel, blocks }) => channel === marco.direct && who.test(readable(blocks)),
    );
    const asSeen = { ...inSlack };
    const denials: DoubleModal[] = [];
    while (denials.length < 4) {
      await marco.press(asSeen, 'Deny…');
      const opened = await slack.nextModal(
        (modal) => !denials.includes(modal) && readable(modal.view.blocks).includes('Reason'),
      );
      marco.fill(opened, { Reason: 'Not now.' });
      denials.push(opened);
    }
    slack.acknowledgeMs = STORY_MS; // So many at once, on a machine that does other things beside.
    await Promise.all([
      ...denials.map((modal) => marco.submit(modal)),
      ...Array.from({ length: 16 }, () => marco.press(asSeen, 'Approve')),
      ...Array.from({ length: 16 }, () => approve()),
    ]);

    const decided = /(✓ Approved|✗ Denied) by (Marco Ruiz|Ines Falk) on/;
    const told = await slack.nextMessage(
      ({ ts, blocks }) => ts === inSlack.ts && decided.test(readable(blocks)),
    );
    // Ben has older cards: the request before was withdrawn, and the one before that approved, too.
    const own = await slack.nextMessage(
      (message) =>
        slack.workspace.messages.indexOf(message) >= before &&
        message.channel === ben.direct &&
        decided.test(readable(message.blocks)),
    );
    const [how = ''] = decided.exec(readable(told.blocks)) ?? [];
    expect(readable(own.blocks)).toContain(how);
    await until(async () => (await ines.read('Ben Sato requested Pigeon Post')).includes(how));
    expect(await ines.labelsOn('Ben Sato requested Pigeon Post')).toEqual([]);
    const [request] = (await stores.requests.list({}, { offset: 0, limit: 1 })).requests;
    expect(await stores.requests.verdicts(request?.id ?? '')).toHaveLength(1);
  },
  STORY_MS,
);

test(
  'a workflow and the preview of a link open the form for the person, and request nothing',
  async () => {
    const { stores } = company.foundation;
    const [fernboard] = await stores.integrations.findByNames(['Fernboard']);
    const asked = async () => (await stores.requests.list({}, { offset: 0, limit: 1 })).total;
    const before = await asked();

    const run = await slack.runStep({ app: 'fernboard', person: ben.id, reason: 'The launch' });
    expect(await slack.ended(run)).toMatchObject({ state: 'completed' });
    const card = await slack.message('By a workflow in Slack', { channel: ben.direct });
    await ben.press(card, 'Open the form…');
    const filled = await ben.form('Why do you need it?');
    expect(JSON.stringify(filled.values)).toContain('The launch');

    slack.workspace.unfurlDomains = ['localhost'];
    const home = company.url.replace('127.0.0.1', 'localhost');
    const shared = await ann.share([
      `${home}/overview/any-session/apps/${fernboard?.id}`,
      `${home}/links/any-token`,
    ]);
    await slack.call('chat.unfurl');
    expect([...shared.previews.keys()]).toEqual([shared.urls[0]]);
    await marco.pressBelow(shared, 'Request this app…');
    await marco.form('Why do you need it?');
    await marco.pressBelow(shared, 'Open the overview');
    await slack.nextMessage(({ ephemeralFor }) => ephemeralFor === marco.id);
    expect(await asked()).toBe(before);
  },
  STORY_MS,
);

async function askForMailbox(): Promise<void> {
  await ben.command('request pigeon');
  const form = await ben.form('Size');
  ben.fill(form, {
    'Name on outgoing mail': 'Ben',
    Size: 'Small, 1 GB',
    'Why do you need it?': 'To write to customers.',
  });
  await ben.submit(form);
}

async function holdOfAnn(stores: Stores = company.foundation.stores): Promise<Hold> {
  const person = await stores.people.findByEmail(ANN);
  return firstOf(person ? await stores.holds.openOf(person.id) : []);
}

/** As if time had passed. */
const changeHold = (change: Partial<Hold>): Promise<unknown> =>
  company.foundation.transact(async (tx) => tx.holds.save({ ...(await holdOfAnn(tx)), ...change }));
