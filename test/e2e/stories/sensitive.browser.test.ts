/** An app that matters more than others: who approves it in stages, with a code, and what is taken by break-glass. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { changeSettings } from '../../../src/engine/integrations/change-integration.ts';
import { settingsOf } from '../../../src/engine/settings/settings.ts';
import { codeAt } from '../../../src/engine/step-up/totp.ts';
import { followLink } from '../../support/browser/follow-link.ts';
import { ANN, openTeamsClients } from '../../support/browser/teams-clients.ts';
import type { TeamsPage } from '../../support/browser/teams-page.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;
/** Shorter, so that a failure says what is there. */
const ANSWER_MS = 60_000;
/** A code counts once; the app shows the next one this much later, and Latchkey takes it before. */
const NEXT_CODE_MS = 30_000;

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let ann: TeamsPage;
let marco: TeamsPage;
let ada: TeamsPage;
let web: Page;

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  const opened = await openTeamsClients(company, [ANN, personas.manager, personas.admin]);
  teams = opened;
  [ann, marco, ada] = opened.pages;
  web = await opened.browser.newPage({ viewport: { width: 680, height: 900 } });
  await ann.waitForText('Your manager here is Marco Ruiz.');
  await marco.waitForText('Hello Marco');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
});

test(
  'an admin adds a stage, tries it with a person, and applies it',
  async () => {
    await ada.send('integrations lodestone');
    await ada.open('Who approves', 'Who approves Lodestone');
    await ada.open('Add a stage…', 'Any of these can approve.');
    await ada.choose('Who approves', 'Admins');
    await ada.open('Save', "Your changes aren't applied yet.");
    await ada.picture("Your changes aren't applied yet.", 'policy-card');

    await ada.open('Try with a person…', 'Nothing is requested, and no one is notified.');
    await ada.fill("Person's email address", ANN.email);
    await ada.open('Try', 'If Ann Lee requests Lodestone');
    await ada.picture('If Ann Lee requests Lodestone', 'policy-try');
    const tried = await ada.card('If Ann Lee requests Lodestone').innerText();
    expect(tried).toContain('Stage 1: it goes to Marco Ruiz.');
    expect(tried).toContain('Stage 2: it goes to Ada Okafor.');

    await ada.open('Apply changes…', 'Open requests keep their approvers.');
    await ada.press('Apply');
    const stages = async () => {
      const lodestone = await company.app.foundation.stores.integrations.findByName('Lodestone');
      return settingsOf(lodestone).policy?.route?.stages.length;
    };
    await expect.poll(stages, { timeout: ANSWER_MS }).toBe(2);
  },
  STORY_MS,
);

test(
  'a manager sets up codes on a page, another admin confirms them, and an approval asks for one',
  async () => {
    await askForCodes('Pigeon Post');
    await marco.send('authenticator');
    await marco.open('Set up…', 'The page shows a code to scan');
    await followLink('The page shows a code to scan', { page: marco, web });
    await web.getByRole('button', { name: 'Open the page' }).click();
    const key = (await web.locator('#key').innerText()).replaceAll(' ', '');
    await web.getByLabel('Type the code that the app shows now').fill(codeAt(key, new Date()));
    await web.getByRole('button', { name: 'Continue' }).click();
    await web.getByRole('heading', { name: 'Your app has the key' }).waitFor();
    await ada.waitForText("Is it Marco Ruiz's authenticator?");
    const said = await web.getByText('read out these five characters').innerText();
    await ada.open('Confirm…', 'Ask Marco Ruiz in person or in a call');
    await ada.fill(
      'The five characters that they read out',
      /characters: (\w{5})/.exec(said)?.[1] ?? '',
    );
    await ada.picture('The five characters that they', 'authenticator-confirm');
    await ada.open('Confirm', "Marco Ruiz's authenticator is confirmed");

    await ann.send('request pigeon');
    await ann.fill('Name on outgoing mail', 'Ann');
    await ann.choose('Size', 'Small, 1 GB');
    await ann.fill('Why do you need it?', 'To write to customers.');
    await ann.open('Request', 'You requested Pigeon Post');
    await marco.waitForText('Ann Lee requests Pigeon Post');
    await marco.open('Approve…', 'Code from your authenticator app');
    await marco.picture('Code from your authenticator app', 'approve-code');
    await marco.fill('Code from your authenticator app', '000000');
    await marco.open('Approve', 'is wrong');
    const next = new Date(Date.now() + NEXT_CODE_MS);
    await marco.fill('Code from your authenticator app', codeAt(key, next));
    await marco.press('Approve');
    await ann.waitForText('✓ Approved by Marco Ruiz');
    expect(await ann.card('✓ Approved by Marco Ruiz').innerText()).toContain('Pigeon Post');
  },
  STORY_MS,
);

test(
  'who may request an app takes it by break-glass, which admins are told at once',
  async () => {
    await ada.send('integrations fernboard');
    // Lodestone's card has this button too.
    const fernboard = ada.card('Fernboard').getByRole('button', { name: 'Break-glass…' });
    await ada.openBy(fernboard, 'Anyone who may request it can then take it at once');
    await ada.choose('Allowed', 'Yes, except options that need approval');
    await ada.fill('For how long at most', '4 hours');
    await ada.open('Save', 'Break-glass of Fernboard is saved');

    await ann.send('request');
    await ann.waitForText('What do you need?');
    await ann.chooseInMenu('What do you need?', 'Break-glass…');
    await ann.waitForText('You get access at once');
    await ann.fill('Part of the name', 'lagoon sec');
    await ann.open('Search', 'of 240 choices match');
    await ann.choose('Choose: Team', 'Lagoon Security');
    await ann.choose('Role', 'Editor');
    await ann.fill('What happened?', 'The launch page is down.');
    await ann.picture('You get access at once', 'break-glass-form');
    await ann.open('Take access now', 'Break-glass: taken without approval.');
    await ada.waitForText('An owner or a Latchkey admin has to review it.');
    await ada.picture('has to review it.', 'break-glass-review');
    await ada.press('OK');
    await ada.waitForText('Ada Okafor reviewed it on');
    expect(company.teamTool.state.members.get(ANN.email)?.role).toBe('editor');
  },
  STORY_MS,
);

async function askForCodes(name: string): Promise<void> {
  const { stores, transact } = company.app.foundation;
  const integration = await stores.integrations.findByName(name);
  if (!integration) throw new Error(`There is no ${name}`);
  const change = { asksForCodes: true };
  await transact((tx) => changeSettings(tx, integration, { actor: { kind: 'system' }, change }));
}
