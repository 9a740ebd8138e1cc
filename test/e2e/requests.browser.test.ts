/**
 * Three people in three Teams clients get through their day: a new hire requests access, their manager approves, reviews and does
 * tasks, an admin looks over it all and offboards. Nobody types a command: everything is a button, from the welcome on. Presses are
 * counted.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { settingsOf } from '../../src/engine/settings/settings.ts';
import { openTeamsClients } from '../support/browser/teams-clients.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import { letLodestoneVouch } from '../support/company/company-grant.ts';
import { addedManual } from '../support/given/added.ts';
import { firstOf, present } from '../support/given/outcomes.ts';
import { ANN } from '../support/teams/personas.ts';
import type { TeamsChat } from '../support/teams/teams-chat.ts';
import { tick } from '../support/tick.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;
const SLOW_MS = 60_000;

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let ann: TeamsChat;
let marco: TeamsChat;
let ada: TeamsChat;

/** Of the newest card that says this. */
const picture = (page: TeamsChat, text: string, name: string): Promise<void> =>
  page.picture(text, name);

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  await letLodestoneVouch(company, personas.manager.email);
  const opened = await openTeamsClients(company, [ANN, personas.manager, personas.admin]);
  teams = opened;
  [ann, marco, ada] = opened.pages;
  // Everyone is welcomed when their client installs the bot. From then on it can write to them.
  await ann.waitForText('Your manager here is Marco Ruiz.');
  await marco.waitForText('Hello Marco');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
});

test(
  'an admin sets in chat for how long something is given, and reads the rules in words',
  async () => {
    await ada.open('Home', 'Pin this message');
    await ada.open('Integrations', '3 integrations');
    await ada.openOn('3 integrations', /^Open: .*Fernboard/, 'Version 1');
    await ada.open('Settings…', 'Who may request it');
    await ada.fill('Longest time', '90');
    await ada.press('Save');
    await ada.waitForText('Settings of Fernboard are saved');
    await ada.waitForText('Everyone can request it; their manager approves; at most 90 days.');
    expect(ada.presses()).toBe(5);
    const fernboard = await company.app.foundation.stores.integrations.findByName('Fernboard');
    expect(settingsOf(fernboard).policy?.longestHours).toBe(90 * 24);
    await picture(ada, 'Settings of Fernboard are saved', 'requests-policy');
  },
  STORY_MS,
);

test(
  'what a manager approves is granted, and both cards say so without buttons',
  async () => {
    await ann.open('Request access…', 'What do you need?');
    await ann.open('Request: Fernboard', 'Goes to Marco Ruiz.');
    expect(ann.presses()).toBe(2);
    await ann.fill('Part of the name', 'lagoon sec');
    await ann.open('Search', 'of 240 options match');
    await ann.choose('Choose: Team', 'Lagoon Security');
    await ann.choose('Role', 'Editor');
    await ann.fill('Why do you need it?', 'I plan the launch with them.');
    await ann.fill('Or another time', '30 days');
    await picture(ann, 'Request Fernboard', 'requests-form');
    await ann.open('Request', 'Waiting for Marco Ruiz.'); // And of the manager's own card: for you.
    await marco.waitForText('Waiting for you.');

    await marco.waitForText('Ann Lee requests Fernboard');
    const card = await marco.read('Ann Lee requests Fernboard');
    for (const fact of ['Lagoon Security', 'Editor', 'I plan the launch with them.', '30 days'])
      expect(card).toContain(fact);
    await picture(marco, 'Ann Lee requests Fernboard', 'requests-to-decide');
    await marco.press('Approve');
    expect(marco.presses()).toBe(1);

    for (const page of [ann, marco]) {
      await page.waitForText('✓ Approved by Marco Ruiz');
      await page.waitForText('Access was granted.');
    }
    expect(company.teamTool.state.members.get(ANN.email)?.role).toBe('editor');
    expect(await marco.buttons('Approve')).toBe(0);
    expect(await ann.buttons('Withdraw')).toBe(0);
    await picture(ann, 'You requested Fernboard', 'requests-approved');
  },
  STORY_MS,
);

test(
  'a day before the end the person is asked whether they still need it',
  async () => {
    await endTomorrow();
    await ann.waitForText('Your access to Fernboard expires');
    await picture(ann, 'Your access to Fernboard expires', 'access-ends');
    await ann.open('Extend…', 'This requests more time.');
    await ann.press('Cancel');
    await ann.waitForText('Nothing changed.');
    await expect
      .poll(() => ann.read('Your access to Fernboard expires'), { timeout: SLOW_MS })
      .toContain('Extend…');
    await ann.send('give back');
    await ann.waitForText('What do you want to give back?');
    await picture(ann, 'What do you want to give back?', 'teams-give-back');
  },
  STORY_MS,
);

test(
  'what a manager denies tells its reason to who asked, and grants nothing',
  async () => {
    await askForMailbox();
    expect(ann.presses()).toBe(2);
    await marco.waitForText('Ann Lee requests Pigeon Post');
    marco.presses();
    await marco.open('Deny…', 'The requester will see this.');
    await marco.fill('Reason', 'Take the shared mailbox.');
    await marco.press('Deny');
    expect(marco.presses()).toBe(2);
    for (const page of [ann, marco]) {
      await page.waitForText('✗ Denied by Marco Ruiz');
      await page.waitForText('"Take the shared mailbox."');
    }
    expect(await marco.buttons('Approve')).toBe(0);
    expect(company.slowMail.state.mailboxes.size).toBe(0);
  },
  STORY_MS,
);

test(
  'what is withdrawn can be decided no more, and Home, which may be pinned, follows',
  async () => {
    await marco.open('Home', 'Pin this message');
    await askForMailbox();
    await marco.waitForText('Needs your approval (1)');
    await marco.waitForButton('Ann Lee requests Pigeon Post', 'Approve');
    await ann.press('Withdraw');
    for (const page of [ann, marco]) await page.waitForText('It was withdrawn on');
    await marco.waitUntilGone('Needs your approval (1)');
    expect(await marco.buttons('Approve')).toBe(0);
    expect(await ann.buttons('Withdraw')).toBe(0);
  },
  STORY_MS,
);

test(
  'who is away names a delegate, and is back',
  async () => {
    marco.presses();
    await marco.open("While I'm away", 'You have no delegate.');
    await marco.open('Set a delegate…', 'Who is your delegate?');
    await marco.fill("Delegate's email address", 'noor.haddad@harbour.example');
    await picture(marco, 'Who is your delegate?', 'requests-away');
    await marco.press('Save');
    await marco.waitForText('Noor Haddad is your delegate on');
    expect(marco.presses()).toBe(3);
    await marco.press("I'm back");
    const { stores } = company.app.foundation;
    const person = await stores.people.findByEmail(personas.manager.email);
    const absence = () => stores.delegations.of(person?.id ?? '');
    await expect.poll(absence, { timeout: SLOW_MS }).toBeUndefined();
  },
  STORY_MS,
);

test(
  'an admin starts a review, which a manager decides on one card',
  async () => {
    await haveBadge();
    ada.presses();
    await ada.open('Reviews', 'No reviews yet.');
    await ada.open('Start a review…', 'Each reviewer gets a card with the access');
    await ada.open('Start', '0 of 2 decided');
    expect(ada.presses()).toBe(3);
    await marco.waitForText('Keep all 2');
    marco.presses();
    await picture(marco, 'Do these people still need', 'review-card');
    await marco.press('Keep');
    await ada.waitForText('1 of 2 decided');
    await picture(ada, '1 of 2 decided', 'review-report');
    await marco.waitForText('You still have 1 of 2 to decide'); // Until then the button is that of the first one.
    await marco.press('Keep');
    await marco.waitForText('There is nothing left to decide');
    expect(marco.presses()).toBe(2);
    expect(await marco.buttons('Keep')).toBe(0);
  },
  STORY_MS,
);

test(
  'an admin plans the last day of someone, whose access Latchkey revokes, or someone removes by hand',
  async () => {
    ada.presses();
    await ada.open('Offboard…', 'Name or email address');
    await ada.fill('Name or email address', 'ann lee');
    await ada.open('Next', 'is leaving');
    await ada.fill('Last day', '2099-03-31');
    await ada.open('Plan it', 'Their last day is 31 Mar 2099.');
    expect(ada.presses()).toBe(3);
    await ada.waitForText('Fernboard · has access · Latchkey revokes it');
    await ada.waitForText('Door badge · has access · by hand: creates a task');
    await picture(ada, 'Their last day is 31 Mar 2099.', 'offboarding-plan');
    await expect
      .poll(() => ada.read('Pin this message'), { timeout: SLOW_MS })
      .toContain('Ann Lee on 31 Mar 2099');
    await picture(ada, 'Pin this message', 'requests-home');

    await ada.open('Change the day…', 'Change the last day');
    await ada.fill('Last day', '2026-01-31');
    await ada.press('Change the day');
    await ada.waitForText('Removed immediately:');
    await ada.press('Offboard now');
    await ada.waitForText('Their last day was 31 Jan 2026.');
    await tick(company.app.foundation);
    await marco.waitForText('Remove Door badge from Ann Lee');
    await marco.press('Done');
    await marco.waitForText('✓ Done by Marco Ruiz');
    // It is looked at again when the revoke has ended and was asked.
    const standing = async () => {
      await tick(company.app.foundation);
      return ada.read('Offboarding of Ann Lee');
    };
    await expect.poll(standing, { timeout: SLOW_MS }).toContain('✓ Done on');
    await picture(ada, '✓ Done on', 'offboarding-done');
    expect(company.teamTool.state.members.has(ANN.email)).toBe(false);
    await ann.open('Request access…', 'Your access to Latchkey has ended');

    await ada.more('Pin this message');
    await ada.press('Audit log');
    await ada.waitForText('finished an offboarding');
    await picture(ada, 'Audit log', 'requests-audit');
  },
  STORY_MS,
);

/** Of Ann's 30 days at Fernboard 20 hours are left, and a minute passes. */
async function endTomorrow(): Promise<void> {
  const { stores, transact, now } = company.app.foundation;
  const person = await stores.people.findByEmail(ANN.email);
  const fernboard = await stores.integrations.findByName('Fernboard');
  const hold = firstOf(await stores.holds.openAt(person?.id ?? '', fernboard?.id ?? ''));
  const endsAt = new Date(now().getTime() + 20 * 60 * 60_000);
  const startedAt = new Date(endsAt.getTime() - 30 * 24 * 60 * 60_000);
  await transact((tx) => tx.holds.save({ ...hold, startedAt, endsAt }));
  await tick(company.app.foundation);
}

/** Something that someone gave Ann by hand. */
async function haveBadge(): Promise<void> {
  const { stores, transact, now } = company.app.foundation;
  const assignee = { kind: 'manager' } as const;
  const badge = await addedManual(transact, { name: 'Door badge', assignee });
  const person = present(await stores.people.findByEmail(ANN.email));
  const [personId, integrationId] = [person.id, badge.id];
  const access = { personId, integrationId, reason: 'Granted by hand.', since: now() };
  await stores.access.put({ ...access, state: 'has', checkedAt: now() });
}

async function askForMailbox(): Promise<void> {
  ann.presses();
  await ann.open('Request: Pigeon Post', 'Name on outgoing mail');
  await ann.fill('Name on outgoing mail', 'Ann');
  await ann.choose('Size', 'Small, 1 GB');
  await ann.fill('Why do you need it?', 'To write to customers.');
  await ann.open('Request', 'You requested Pigeon Post');
}
