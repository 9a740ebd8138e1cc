/**
 * Three people get through their day in Slack without typing a command: a new hire's first week, a manager's Monday, an
 * admin's first hour. Each counts how often they press.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { addManual } from '../../../src/engine/integrations/integrations.ts';
import { type CompanyProcess, startCompanyProcess } from '../../support/company/company-process.ts';
import { PLUMBING } from '../../support/plain-words.ts';
import { readable } from '../../support/slack-double/readable.ts';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import type { DoubleMessage, DoubleModal } from '../../support/slack-double/workspace.ts';

let slack: SlackDouble;
let company: CompanyProcess;
let ann: Player;
let noor: Player;
let marco: Player;
let ada: Player;

/** Someone in Slack who only presses, and counts it. */
class Player {
  readonly user: SlackUser;
  #presses = 0;

  constructor(name: string, email: string) {
    this.user = slack.addUser(name, { email });
  }

  /** How often they pressed since they were last asked. */
  presses(): number {
    const presses = this.#presses;
    this.#presses = 0;
    return presses;
  }

  /** The newest message in their direct conversation that says this. */
  reads(text: string): Promise<DoubleMessage> {
    return slack.message(text, { channel: this.user.direct });
  }

  async press(message: DoubleMessage, label: string): Promise<void> {
    this.#presses += 1;
    await this.user.press(message, label);
  }

  async pressAtHome(label: string): Promise<void> {
    this.#presses += 1;
    await this.user.pressAtHome(label);
  }

  async submit(modal: DoubleModal): Promise<void> {
    this.#presses += 1;
    await this.user.submit(modal);
  }
}

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
  marco = new Player('marco', 'marco.ruiz@harbour.example');
  ada = new Player('ada', personas.admin.email);
  ann = new Player('ann', 'ann.lee@harbour.example');
  noor = new Player('noor', 'noor.haddad@harbour.example');
});
afterAll(async () => {
  await company?.stop();
  await slack?.stop();
});

test("a new hire's first week: welcomed, and access requested in three presses", async () => {
  await ann.user.openTab('messages');
  const welcome = await ann.reads('Hello Ann');
  expect(readable(welcome.blocks)).toContain('Your manager here is Marco Ruiz.');
  await ann.press(welcome, 'Request access…');
  await ann.press(await ann.reads('What do you need?'), 'Request Fernboard…');
  const form = await withInput('Team');
  expect(readable(form.view.blocks)).toContain('Goes to Marco Ruiz.');
  await ann.user.type(form, 'Team', 'lagoon sec');
  const answers = { Team: 'Lagoon Security', Role: 'Editor' };
  ann.user.fill(form, { ...answers, 'Why do you need it?': 'For the launch' });
  await ann.submit(form);
  await ann.reads('You requested Fernboard');
  expect(ann.presses()).toBe(3);

  await noor.user.openTab('messages');
  await noor.press(await noor.reads('Hello Noor'), 'Request access…');
  await noor.press(await noor.reads('What do you need?'), 'Request Door badge…');
  const badge = await withInput('Why do you need it?');
  noor.user.fill(badge, { 'Why do you need it?': 'For the new floor' });
  await noor.submit(badge);
  await noor.reads('You requested Door badge');
});

test("a manager's Monday: two approvals and a task are one press each", async () => {
  await marco.press(await marco.reads('Ann Lee requests Fernboard'), 'Approve');
  await ann.reads('You now have Fernboard');
  expect(marco.presses()).toBe(1);

  await marco.user.openTab();
  await slack.home(marco.user, 'Noor Haddad requests Door badge');
  await marco.pressAtHome('Approve');
  const task = await marco.reads('Grant Door badge to Noor Haddad');
  expect(marco.presses()).toBe(1);

  await marco.press(task, 'Done');
  await marco.reads('✓ Done by Marco Ruiz');
  expect(marco.presses()).toBe(1);
});

test("an admin's first hour: a review in three presses, and a leaver in three", async () => {
  await ada.user.openTab();
  await slack.home(ada.user, 'Hello Ada');
  await ada.pressAtHome('Reviews');
  await slack.home(ada.user, 'Access reviews');
  await ada.pressAtHome('Start a review…');
  const form = await withInput('Name');
  await ada.submit(form);
  await ada.reads('waiting for Marco Ruiz');
  expect(ada.presses()).toBe(3);

  await ada.user.openTab();
  await slack.home(ada.user, 'Hello Ada');
  await ada.pressAtHome('Offboard…');
  const whom = await withInput('Who is leaving?');
  ada.user.fill(whom, { 'Who is leaving?': 'noor' });
  await ada.submit(whom);
  const day = await withInput('Last day');
  ada.user.fill(day, { 'Last day': '2099-03-31' });
  await ada.submit(day);
  await ada.reads('Their last day is 31 Mar 2099.');
  expect(ada.presses()).toBe(3);
});

test("the manager's review is one press each, and Home names who leaves", async () => {
  await marco.press(await marco.reads('Do these people still need their access?'), 'Keep');
  await marco.press(await marco.reads('You decided 1 of 2'), 'Keep');
  await marco.reads('you decided everything');
  expect(marco.presses()).toBe(2);
  await marco.user.openTab();
  await slack.home(marco.user, 'Noor Haddad · Product designer · last day 31 Mar 2099');
});

test('of an app that is down people read its name, and only an admin its address, under Technical details', async () => {
  await company.takeDown('Pigeon Post');
  await ada.user.command('grant ben.sato@harbour.example');
  await ada.press(await ada.reads('Grant which access to Ben Sato?'), 'Grant Pigeon Post…');
  const form = await withInput('Name on outgoing mail');
  ada.user.fill(form, { 'Name on outgoing mail': 'Ben', Size: 'Small, 1 GB' });
  await ada.submit(form);
  const failed = await ada.reads("Pigeon Post doesn't answer. Try again later.");
  expect(everythingRead().filter((text) => PLUMBING.test(text))).toEqual([]);
  await ada.press(failed, 'Technical details');
  await ada.reads('refused the connection');
});

/** What every message and every Home says now. */
const everythingRead = (): readonly string[] =>
  [...slack.workspace.messages, ...[...slack.workspace.homes.values()].map(({ view }) => view)].map(
    ({ blocks }) => readable(blocks),
  );

/** An open modal whose fields are there. */
const withInput = (label: string): Promise<DoubleModal> =>
  slack.nextModal(
    ({ open, view }) =>
      open && view.blocks.some((block) => block.type === 'input' && block.label.text === label),
  );
