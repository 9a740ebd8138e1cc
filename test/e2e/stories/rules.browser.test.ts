/** An admin makes a rule in chat: its dry run says who gains what, and when it is on, they have it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProductBasics } from '../../../demo/company.ts';
import { personas } from '../../../demo/people.ts';
import { takePicture } from '../../support/browser/pictures.ts';
import { openTeamsClients } from '../../support/browser/teams-clients.ts';
import type { TeamsPage } from '../../support/browser/teams-page.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;
/** Shorter, so that a failure says what the card shows. */
const ANSWER_MS = 60_000;

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let ada: TeamsPage;

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  await addProductBasics(company.app.foundation, company);
  const opened = await openTeamsClients(company, [personas.admin]);
  teams = opened;
  [ada] = opened.pages;
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
});

test(
  'everyone in Product gets Fernboard by a rule, after its dry run',
  async () => {
    await ada.send('rules');
    await ada.open('New rule…', 'Who matches? You can add more conditions later.');
    await ada.fill('Name', 'Product basics');
    await ada.fill('Value', 'product');
    await ada.open('Create', 'They get nothing yet');

    await ada.open('Add an app or a bundle…', 'What should Product basics grant?');
    await ada.open('Grant: Fernboard', 'Your answers here apply to everyone who matches');
    await ada.fill('Part of the name', 'lagoon sec');
    await ada.open('Search', 'of 240 choices match');
    await ada.choose('Choose: Team', 'Lagoon Security');
    await ada.choose('Role', 'Editor');
    await ada.open('Save', 'Role: Editor');
    await ada.picture('Role: Editor', 'rule-card');

    await ada.open('Who gains and loses…', 'Gains Fernboard.');
    await ada.picture('Gains Fernboard.', 'rule-dry-run');

    await ada.open('Turn on…', 'people gain access');
    await ada.open('Turn on', 'Has it now');
    await ada.waitForText('2 people');
    await expect
      .poll(() => company.teamTool.state.members.get('noor.haddad@harbour.example')?.role, {
        timeout: STORY_MS,
      })
      .toBe('editor');
    await ada.send('access Noor');
    await ada.waitForText('rule Product basics, because department is product');
    const access = ada.card('rule Product basics');
    await expect.poll(() => access.innerText(), { timeout: ANSWER_MS }).not.toContain('Checking…');
    await takePicture(access, 'rule-access');
  },
  STORY_MS,
);

test(
  'a rule gives a bundle, whose apps are a row of its card',
  async () => {
    await ada.send('rules');
    await ada.open('New rule…', 'Who matches? You can add more conditions later.');
    await ada.fill('Name', 'Product team');
    await ada.fill('Value', 'product');
    await ada.open('Create', 'They get nothing yet');
    // The other rule's list has this button too.
    await ada.open('Add an app or a bundle…', 'What should Product team grant?');
    await ada.press('Grant: Product basics');
    const card = ada.card('Product team');
    await expect
      .poll(() => card.innerText(), { timeout: ANSWER_MS })
      .toContain('bundle · 2 apps: Fernboard');
    await takePicture(card, 'rule-bundle');
  },
  STORY_MS,
);
