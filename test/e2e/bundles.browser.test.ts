/** An employee requests a bundle, the manager approves all of it with one press, and both see on one card how it goes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProductBasics } from '../../demo/company.ts';
import { personas } from '../../demo/people.ts';
import { openTeamsClients } from '../support/browser/teams-clients.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import type { TeamsChat } from '../support/teams/teams-chat.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let ada: TeamsChat;
let marco: TeamsChat;
let noor: TeamsChat;

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  await addProductBasics(company.app.foundation, company);
  const opened = await openTeamsClients(company, [
    personas.admin,
    personas.manager,
    personas.employee,
  ]);
  teams = opened;
  [ada, marco, noor] = opened.pages;
  await marco.send('tasks'); // The bot can write to someone in Teams from their first message on.
  await marco.waitForText('You have no open tasks.');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
});

test(
  'a bundle that an employee requests is approved with one press, and its card says how many of its apps are there',
  async () => {
    await ada.send('bundles product');
    await ada.waitForText('2 apps');
    await ada.picture('2 apps', 'bundle-card');

    await noor.send('request');
    await noor.waitForText('Product basics');
    await noor.picture('What do you need?', 'bundle-picker');
    await noor.open('Request: Product basics', 'goes to Marco Ruiz');
    await noor.fill('Why do you need it?', 'I joined the Product team.');
    await noor.open('Request', 'Product basics — 0 of 2');

    await marco.waitForText('requests Product basics');
    await marco.picture('requests Product basics', 'bundle-to-decide');
    await marco.press('Approve all 2');
    await noor.waitForText('Product basics — 2 of 2');
    await noor.picture('Product basics — 2 of 2', 'bundle-done');
    expect(company.teamTool.state.members.get(personas.employee.email)?.role).toBe('member');
  },
  STORY_MS,
);
