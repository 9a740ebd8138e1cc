/** An admin makes a rule in chat: its dry run says who gains what, and when it is on, they have it. Then it gives a bundle, too. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProductBasics } from '../../../demo/company.ts';
import { personas } from '../../../demo/people.ts';
import { takePicture } from '../../support/browser/pictures.ts';
import { openTeamsClients } from '../../support/browser/teams-clients.ts';
import type { TeamsPage } from '../../support/browser/teams-page.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;

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
  'everyone in Product gets Fernboard by a rule, after its dry run, and then a bundle',
  async () => {
    await ada.send('rules');
    await ada.press('New rule…');
    await ada.fill('Name', 'Everyone in Product');
    await ada.fill('Value', 'product');
    await ada.open('Create', 'They get nothing yet');

    await ada.press('Add an app or a bundle…');
    await ada.open('Give Fernboard…', 'Your answers here apply to everyone who matches');
    await ada.fill('Part of the name', 'lagoon sec');
    await ada.open('Search', 'of 240 choices match');
    await ada.choose('Choose: Team', 'Lagoon Security');
    await ada.choose('Role', 'Editor');
    await ada.open('Save', 'Role: Editor');
    await takePicture(ada.card('Role: Editor'), 'rule-card');

    await ada.press('Who gains and loses…');
    await ada.waitForText('Gains Fernboard.');
    await takePicture(ada.card('Gains Fernboard.'), 'rule-dry-run');

    await ada.open('Turn on…', 'people gain access');
    await ada.open('Turn on', 'Has it now');
    await ada.waitForText('2 people');
    await expect
      .poll(() => company.teamTool.state.members.get('noor.haddad@harbour.example')?.role, {
        timeout: STORY_MS,
      })
      .toBe('editor');
    await ada.send('access Noor');
    await ada.waitForText('rule Everyone in Product, since department is product');
    await takePicture(ada.card('rule Everyone in Product'), 'rule-access');

    await ada.send('rules Everyone in Product');
    await ada.press('Add an app or a bundle…');
    await ada.press('Give Product basics');
    await ada.waitForText('bundle · 2 apps: Fernboard, Lodestone');
    await ada.open('Apply changes…', 'people gain access');
    await ada.open('Apply', 'Has it now');
    await expect
      .poll(
        () =>
          [...company.staffDirectory.state.entries.values()].some(
            ({ email }) => email === 'noor.haddad@harbour.example',
          ),
        {
          timeout: STORY_MS,
        },
      )
      .toBe(true);
    await ada.send('access Noor');
    await ada.waitForText('Product basics by rule Everyone in Product');
    await takePicture(ada.card('Product basics by rule'), 'rule-bundle-access');
  },
  STORY_MS,
);
