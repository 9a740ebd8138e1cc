/** A review that recurs, from its form to its report, in the real Teams client. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { takePicture } from '../../support/browser/pictures.ts';
import { ANN, openTeamsClients } from '../../support/browser/teams-clients.ts';
import type { TeamsPage } from '../../support/browser/teams-page.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;
/** Shorter, so that a failure says what is there. */
const ANSWER_MS = 60_000;

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let marco: TeamsPage;
let ada: TeamsPage;

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  const opened = await openTeamsClients(company, [personas.manager, personas.admin]);
  teams = opened;
  [marco, ada] = opened.pages;
  await marco.waitForText('Hello Marco');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
});

test(
  'an admin sets it up and starts it, a manager revokes, and the report follows the removal',
  async () => {
    await company.app.foundation.transact(async (tx) => {
      const [ann, fernboard] = [
        await tx.people.findByEmail(ANN.email),
        await tx.integrations.findByName('Fernboard'),
      ];
      if (!ann || !fernboard) throw new Error('They are not there');
      await tx.access.put({
        personId: ann.id,
        integrationId: fernboard.id,
        state: 'has',
        reason: '',
        since: tx.now,
        checkedAt: tx.now,
      });
    });

    await ada.send('review');
    await ada.open('Recurring reviews', 'No recurring reviews yet.');
    await ada.open('New recurring review…', 'The other dates are counted from this one.');
    await ada.fill('Name', 'Quarterly review');
    await ada.choose('What becomes of undecided access at the end', 'Latchkey admins decide it');
    await ada.choose('Integrations', 'Fernboard');
    await ada.picture('The other dates are counted from this one.', 'review-campaign-form');
    await ada.open('Save', 'Every quarter, next on');
    await ada.open('Start now…', 'The next date stays.');
    await ada.open('Start', '0 of 1 decided');
    await ada.picture('0 of 1 decided', 'review-progress');

    await marco.waitForText('What is undecided at the end goes to Latchkey admins.');
    await marco.picture(
      'What is undecided at the end goes to Latchkey admins.',
      'review-campaign-card',
    );
    await marco.open('Revoke…', 'This revokes Fernboard from Ann Lee');
    await marco.press('Revoke');

    await ada.waitForText('✗ revoked by Marco Ruiz');
    const report = ada.card('✗ revoked by Marco Ruiz');
    await expect
      .poll(() => report.innerText(), { timeout: ANSWER_MS })
      .toContain("Checking that it's gone");
    await takePicture(report, 'review-campaign-report');
  },
  STORY_MS,
);
