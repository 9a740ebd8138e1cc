/**
 * An admin makes a rule in chat: its dry run says who gains what, and when it is on, they have it. Then Ben moves from Finance to
 * Product, where that rule is: the new manager gets the card, keeps one app longer and ends another one, and everything is proven on it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProductBasics } from '../../../demo/company.ts';
import { personas } from '../../../demo/people.ts';
import { openTeamsClients } from '../../support/browser/teams-clients.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';
import { ruleAtCompany, someAnswers } from '../../support/company/company-rules.ts';
import { present } from '../../support/given/outcomes.ts';
import type { TeamsChat } from '../../support/teams/teams-chat.ts';
import { until } from '../../support/until.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;
/** Shorter, so that a failure says what the card shows. */
const ANSWER_MS = 60_000;
const BEN = 'ben.sato@harbour.example';
const MOVE = 'Move of Ben Sato';

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let ada: TeamsChat;
let marco: TeamsChat;

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  await addProductBasics(company.app.foundation, company);
  const opened = await openTeamsClients(company, [personas.admin, personas.manager]);
  teams = opened;
  [ada, marco] = opened.pages;
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
    await ada.fill('Value', 'Product');
    await ada.open('Create', 'They get nothing yet');

    await ada.open('Add an app or a bundle…', 'What should Product basics grant?');
    await ada.open('Grant: Fernboard', 'Your answers here apply to everyone who matches');
    await ada.fill('Part of the name', 'lagoon sec');
    await ada.open('Search', 'of 240 options match');
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
    await ada.waitForText('rule Product basics, because department is Product');
    await expect
      .poll(() => ada.read('rule Product basics'), { timeout: ANSWER_MS })
      .not.toContain('Checking…');
    await ada.picture('rule Product basics', 'rule-access');
  },
  STORY_MS,
);

test(
  'a rule gives a bundle, whose apps are a row of its card',
  async () => {
    await ada.send('rules');
    await ada.open('New rule…', 'Who matches? You can add more conditions later.');
    await ada.fill('Name', 'Product team');
    await ada.fill('Value', 'Product');
    await ada.open('Create', 'They get nothing yet');
    // The other rule's list has this button too.
    await ada.open('Add an app or a bundle…', 'What should Product team grant?');
    await ada.press('Grant: Product basics');
    await expect
      .poll(() => ada.read('Product team'), { timeout: ANSWER_MS })
      .toContain('bundle · 2 apps: Fernboard');
    await ada.picture('Product team', 'rule-bundle');
  },
  STORY_MS,
);

test(
  'the new manager settles a move in three presses, and the card shows it to its end',
  async () => {
    await startInFinance();
    await ada.send('people Ben Sato');
    await ada.more('Accountant');
    await ada.open('Edit…', 'Work email address');
    await ada.fill('Department', 'Product');
    await ada.choose('Manager', 'Marco Ruiz · marco.ruiz@harbour.example');
    await ada.open('Save', 'Marco Ruiz');

    await marco.waitForText(MOVE);
    await marco.waitForText('Finance → Product');
    await expect
      .poll(() => marco.read(MOVE), { timeout: STORY_MS })
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
    expect(await marco.read(MOVE)).toMatch(/Lodestone[\s\S]*Gone/);
  },
  STORY_MS,
);

/** Ben has begun, and has what everyone in Finance gets by a rule. */
async function startInFinance(): Promise<void> {
  const { foundation } = company.app;
  await foundation.transact(async (tx) => {
    const ben = present(await tx.people.findByEmail(BEN));
    await tx.people.save({ ...ben, startDate: '2026-01-05' });
  });
  await ruleAtCompany(foundation, 'Finance basics', { department: 'Finance', gives: someAnswers });
  await until(async () => (await stateOf('Pigeon Post')) === 'has');
}

async function stateOf(app: string): Promise<string | undefined> {
  const { stores } = company.app.foundation;
  const [ben, integration] = await Promise.all([
    stores.people.findByEmail(BEN),
    stores.integrations.findByName(app),
  ]);
  return ben && integration && (await stores.access.find(ben.id, integration.id))?.state;
}
