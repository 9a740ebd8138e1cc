/** The same move in Slack: the old and the new manager and an admin have one card each, and three presses settle it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { changePerson } from '../../../src/engine/people/change-person.ts';
import { type CompanyProcess, startCompanyProcess } from '../../support/company/company-process.ts';
import { ruleAtCompany, someAnswers } from '../../support/company/company-rules.ts';
import { readable } from '../../support/slack-double/readable.ts';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import type { DoubleMessage } from '../../support/slack-double/workspace.ts';
import { until } from '../../support/until.ts';

const BEN = 'ben.sato@harbour.example';
const MOVE = 'Move of Ben Sato';

let slack: SlackDouble;
let company: CompanyProcess;
let ada: SlackUser;
let ines: SlackUser;
let marco: SlackUser;

beforeAll(async () => {
  slack = await SlackDouble.start();
  company = await startCompanyProcess({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${company.url}/slack/events`;
  await company.logged(/The worker claims jobs/);
  marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
  ines = slack.addUser('ines', { email: 'ines.falk@harbour.example' });
  ada = slack.addUser('ada', { email: personas.admin.email });
  await ruleAtCompany(company.foundation, 'Finance basics', {
    department: 'Finance',
    gives: someAnswers,
  });
  await until(async () => (await stateOf('Pigeon Post')) === 'has');
});
afterAll(async () => {
  await company?.stop();
  await slack?.stop();
});

async function stateOf(app: string): Promise<string | undefined> {
  const { stores } = company.foundation;
  const [ben, integration] = await Promise.all([
    stores.people.findByEmail(BEN),
    stores.integrations.findByName(app),
  ]);
  return ben && integration && (await stores.access.find(ben.id, integration.id))?.state;
}

const cardOf = (user: SlackUser, says: string): Promise<DoubleMessage> =>
  slack.message(says, { channel: user.direct });

test('one card each; end one app, keep the other: three presses, and it is done when both are gone', async () => {
  const { transact } = company.foundation;
  await transact(async (tx) => {
    const found = await tx.people.findByEmail(BEN);
    const ben = found && (await tx.people.hold(found.id));
    if (!ben) throw new Error('There is no Ben');
    await changePerson(tx, ben, {
      actor: { kind: 'system' },
      details: { department: 'Product', managerEmail: 'marco.ruiz@harbour.example' },
    });
  });
  const old = readable((await cardOf(ines, MOVE)).blocks);
  expect(old).toContain("You're no longer their manager");
  expect(old).not.toContain('End now');
  await cardOf(ada, MOVE);
  const card = await cardOf(marco, MOVE);
  expect(readable(card.blocks)).toContain('Finance → Product');

  await marco.press(card, 'End now'); // The first row: Lodestone.
  const ended = await cardOf(marco, 'the app reports no access');
  await marco.press(ended, 'Keep longer…');
  const form = await slack.nextModal(
    ({ open, view }) => open && readable(view.blocks).includes('Why do they still need it?'),
  );
  marco.fill(form, { 'Why do they still need it?': 'Closes the books' });
  await marco.submit(form);
  const kept = await cardOf(marco, 'Kept longer by Marco Ruiz: Closes the books');

  // Three presses settled it. When he changes his mind, the card is done once both are gone.
  await marco.press(kept, 'End now');
  await cardOf(marco, '✓ Done on');
  expect(readable((await cardOf(ines, '✓ Done on')).blocks)).not.toContain('Lodestone');
});
