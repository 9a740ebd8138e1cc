/**
 * People get through their day in Slack without typing a command: a new hire's first week, a manager's Monday, an admin's first
 * hour, a move. Each counts how often they press.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { addManual } from '../../../src/engine/integrations/integrations.ts';
import { changePerson } from '../../../src/engine/people/change-person.ts';
import { type CompanyProcess, startCompanyProcess } from '../../support/company/company-process.ts';
import { ruleAtCompany, someAnswers } from '../../support/company/company-rules.ts';
import { sooner } from '../../support/company/sooner.ts';
import { present } from '../../support/given/outcomes.ts';
import { PLUMBING } from '../../support/plain-words.ts';
import { readable } from '../../support/slack-double/readable.ts';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import type { DoubleMessage } from '../../support/slack-double/workspace.ts';
import { until } from '../../support/until.ts';

const BEN = 'ben.sato@harbour.example';
const MOVE = 'Move of Ben Sato';

let slack: SlackDouble;
let company: CompanyProcess;
let ann: SlackUser;
let noor: SlackUser;
let marco: SlackUser;
let ada: SlackUser;
let ines: SlackUser;

/** The newest message in their direct conversation that says this. */
const reads = ({ direct }: SlackUser, text: string): Promise<DoubleMessage> =>
  slack.message(text, { channel: direct });

beforeAll(async () => {
  slack = await SlackDouble.start();
  company = await startCompanyProcess({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.url}/slack/events`;
  await company.logged(/The worker claims jobs/); // Forms wait for apps for a moment only.
  await company.foundation.transact((tx) =>
    addManual(
      tx,
      { name: 'Door badge', assignee: { kind: 'manager' } },
      { actor: { kind: 'system' } },
    ),
  );
  ines = slack.addUser('ines', { email: 'ines.falk@harbour.example' });
  marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
  ada = slack.addUser('ada', { email: personas.admin.email });
  ann = slack.addUser('ann', { email: 'ann.lee@harbour.example' });
  noor = slack.addUser('noor', { email: 'noor.haddad@harbour.example' });
});
afterAll(async () => {
  await company?.stop();
  await slack?.stop();
});

test("a new hire's first week: welcomed, and access requested in three presses", async () => {
  await ann.openTab('messages');
  const welcome = await reads(ann, 'Hello Ann');
  expect(readable(welcome.blocks)).toContain('Your manager here is Marco Ruiz.');
  await ann.press(welcome, 'Request access…');
  await ann.press(await reads(ann, 'What do you need?'), 'Request: Fernboard');
  const form = await ann.form('Team');
  expect(readable(form.view.blocks)).toContain('Goes to Marco Ruiz.');
  await ann.type(form, 'Team', 'lagoon sec');
  const answers = { Team: 'Lagoon Security', Role: 'Editor' };
  ann.fill(form, { ...answers, 'Why do you need it?': 'For the launch' });
  await ann.submit(form);
  await reads(ann, 'You requested Fernboard');
  expect(ann.presses()).toBe(3);

  await noor.openTab('messages');
  await noor.press(await reads(noor, 'Hello Noor'), 'Request access…');
  await noor.press(await reads(noor, 'What do you need?'), 'Request: Door badge');
  const badge = await noor.form('Why do you need it?');
  noor.fill(badge, { 'Why do you need it?': 'For the new floor' });
  await noor.submit(badge);
  await reads(noor, 'You requested Door badge');
});

test("a manager's Monday: two approvals and a task are one press each", async () => {
  await marco.press(await reads(marco, 'Ann Lee requests Fernboard'), 'Approve');
  await reads(ann, 'You now have Fernboard');
  expect(marco.presses()).toBe(1);

  await marco.openTab();
  await slack.home(marco, 'Noor Haddad requests Door badge');
  await marco.pressAtHome('Approve');
  const task = await reads(marco, 'Grant Door badge to Noor Haddad');
  expect(marco.presses()).toBe(1);

  await marco.press(task, 'Done');
  await reads(marco, '✓ Done by Marco Ruiz');
  expect(marco.presses()).toBe(1);
});

test("an admin's first hour: a review in three presses, and a leaver in three", async () => {
  await ada.openTab();
  await slack.home(ada, 'Hello Ada');
  await ada.pressAtHome('Reviews');
  await slack.home(ada, 'Access reviews');
  await ada.pressAtHome('Start a review…');
  const form = await ada.form('Name');
  await ada.submit(form);
  await reads(ada, '0 of 2 decided');
  expect(ada.presses()).toBe(3);

  await ada.openTab();
  await slack.home(ada, 'Hello Ada');
  await ada.pressAtHome('Offboard…');
  const whom = await ada.form('Who is leaving?');
  ada.fill(whom, { 'Who is leaving?': 'noor' });
  await ada.submit(whom);
  const day = await ada.form('Last day');
  ada.fill(day, { 'Last day': '2099-03-31' });
  await ada.submit(day);
  await reads(ada, 'Their last day is 31 Mar 2099.');
  expect(ada.presses()).toBe(3);
});

test("the manager's review is one press each, and Home names who leaves", async () => {
  await marco.press(await reads(marco, 'Do these people still need their access?'), 'Keep');
  await marco.press(await reads(marco, 'You still have 1 of 2 to decide'), 'Keep');
  await reads(marco, 'nothing was left to decide');
  expect(marco.presses()).toBe(2);
  await marco.openTab();
  await slack.home(marco, 'Noor Haddad · Product designer · last day 31 Mar 2099');
});

test('a move is one card for both managers and an admin: three presses settle it, and it is done when both apps are gone', async () => {
  await ruleAtCompany(company.foundation, 'Finance basics', {
    department: 'Finance',
    gives: someAnswers,
  });
  await until(async () => (await stateOf('Pigeon Post')) === 'has');
  const { transact } = company.foundation;
  await transact(async (tx) => {
    const found = await tx.people.findByEmail(BEN);
    const ben = present(found && (await tx.people.hold(found.id)));
    await changePerson(tx, ben, {
      actor: { kind: 'system' },
      details: { department: 'Product', managerEmail: 'marco.ruiz@harbour.example' },
    });
  });
  const old = readable((await reads(ines, MOVE)).blocks);
  expect(old).toContain("You're no longer their manager");
  expect(old).not.toContain('End now');
  await reads(ada, MOVE);
  const card = await reads(marco, MOVE);
  expect(readable(card.blocks)).toContain('Finance → Product');

  marco.presses();
  await marco.press(card, 'End now'); // The first row: Lodestone.
  const ended = await reads(marco, 'the app reports no access');
  await marco.press(ended, 'Keep longer…');
  const form = await slack.nextModal(
    ({ open, view }) => open && readable(view.blocks).includes('Why do they still need it?'),
  );
  marco.fill(form, { 'Why do they still need it?': 'Closes the books' });
  await marco.submit(form);
  const kept = await reads(marco, 'Kept longer by Marco Ruiz: Closes the books');

  expect(marco.presses()).toBe(3);

  // When he changes his mind, the card is done once both are gone.
  await marco.press(kept, 'End now');
  await reads(marco, '✓ Done on');
  expect(readable((await reads(ines, '✓ Done on')).blocks)).not.toContain('Lodestone');
});

test('of an app that is down people read its name, and only an admin its address, under Technical details', async () => {
  await company.takeDown('Pigeon Post');
  await ada.command('grant ben.sato@harbour.example');
  await ada.press(await reads(ada, 'What should Ben Sato get?'), 'Grant: Pigeon Post');
  const form = await ada.form('Name on outgoing mail');
  ada.fill(form, { 'Name on outgoing mail': 'Ben', Size: 'Small, 1 GB' });
  await ada.submit(form);
  const failed = await sooner(
    company.foundation,
    reads(ada, "Pigeon Post doesn't answer. Next try:"),
  );
  expect(everythingRead().filter((text) => PLUMBING.test(text))).toEqual([]);
  await ada.press(failed, 'Technical details');
  await reads(ada, 'refused the connection');
});

/** What every message and every Home says now. */
const everythingRead = (): readonly string[] =>
  [...slack.workspace.messages, ...[...slack.workspace.homes.values()].map(({ view }) => view)].map(
    ({ blocks }) => readable(blocks),
  );

async function stateOf(app: string): Promise<string | undefined> {
  const { stores } = company.foundation;
  const [ben, integration] = await Promise.all([
    stores.people.findByEmail(BEN),
    stores.integrations.findByName(app),
  ]);
  return ben && integration && (await stores.access.find(ben.id, integration.id))?.state;
}
