/**
 * Ben moves from Finance to Product. An admin changes his department and his manager; the new manager gets the card, keeps one
 * app longer and ends another one, and everything is proven on it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { openTeamsClients } from '../../support/browser/teams-clients.ts';
import type { TeamsPage } from '../../support/browser/teams-page.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';
import { ruleAtCompany, someAnswers } from '../../support/company/company-rules.ts';
import { until } from '../../support/until.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;
const BEN = 'ben.sato@harbour.example';
const MOVE = 'Move of Ben Sato';

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let ada: TeamsPage;
let marco: TeamsPage;

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  const [team] = company.teamTool.state.teams;
  if (!team) throw new Error('Fernboard has no team');
  const { foundation } = company.app;
  await ruleAtCompany(foundation, 'Finance basics', { department: 'Finance', gives: someAnswers });
  await ruleAtCompany(foundation, 'Product basics', {
    department: 'Product',
    gives: {
      Fernboard: {
        form: { TEAM_ID: team.id, TEAM_ROLE: 'member' },
        answers: [{ label: 'Team', value: team.name }],
      },
    },
  });
  const opened = await openTeamsClients(company, [personas.admin, personas.manager]);
  teams = opened;
  [ada, marco] = opened.pages;
  // The bot can write to someone in Teams from their first message on.
  await marco.send('tasks');
  await marco.waitForText('Mine: none');
  await until(async () => (await stateOf('Pigeon Post')) === 'has');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
});

async function stateOf(app: string): Promise<string | undefined> {
  const { stores } = company.app.foundation;
  const [ben, integration] = await Promise.all([
    stores.people.findByEmail(BEN),
    stores.integrations.findByName(app),
  ]);
  return ben && integration && (await stores.access.find(ben.id, integration.id))?.state;
}

test(
  'the new manager settles a move in three presses, and the card shows it to its end',
  async () => {
    await ada.send('people Ben Sato');
    await ada.more();
    await ada.open('Edit…', 'Work email address');
    await ada.fill('Department', 'Product');
    await ada.choose('Manager', 'Marco Ruiz · marco.ruiz@harbour.example');
    await ada.open('Save', 'Marco Ruiz');

    await marco.waitForText(MOVE);
    await marco.waitForText('Finance → Product');
    await expect
      .poll(() => marco.card(MOVE).innerText(), { timeout: STORY_MS })
      .toMatch(/Fernboard[\s\S]*Has access/);
    await marco.picture(MOVE, 'move-card');

    marco.presses();
    await marco.open('Keep longer…', 'Why do they still need it?');
    await marco.fill('Why do they still need it?', 'Closes the books of this quarter');
    await marco.picture('Why do they still need it?', 'move-keep');
    await marco.press('Keep');
    await marco.waitForText('Kept longer by Marco Ruiz: Closes the books of this quarter');
    await marco.chooseInMenu(MOVE, 'End now');
    await expect.poll(() => stateOf('Lodestone'), { timeout: STORY_MS }).toBe('none');
    expect(marco.presses()).toBe(3);

    await marco.pressOn(MOVE, 'End now');
    await marco.waitForText('✓ Done on');
    await marco.picture(MOVE, 'move-done');
    expect(await stateOf('Pigeon Post')).toBe('none');
    expect(await marco.card(MOVE).innerText()).toMatch(/Lodestone[\s\S]*Gone/);
  },
  STORY_MS,
);
