import { beforeEach, expect, test } from 'vitest';
import {
  filterHistory,
  openHistory,
  openRun,
  turnHistoryPage,
} from '../../../../src/bots/features/runs/run-history.ts';
import { actorOf } from '../../../../src/bots/live/context.ts';
import type { Reply } from '../../../../src/bots/view/action.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import type { Run } from '../../../../src/engine/runs/run.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';

let chat: TestChat;
let boss: Person;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo', role: 'manager' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail: boss.email });
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
});

async function grant(person: Person, name: string, by = boss.email): Promise<Run> {
  const id = await chat.integration(name, { execute: [{ url: 'https://api.example.com/u' }] });
  const integration = present(await chat.services.stores.integrations.find(id));
  const actor = actorOf(await chat.turn(by));
  chat.clock += 60_000;
  const started = await chat.services.transact((tx) =>
    startGrant(tx, { actor, person, integration, form: {} }),
  );
  if (started.kind !== 'started') throw new Error(started.kind);
  return started.run;
}
const said = (reply: Reply): string =>
  'card' in reply && 'blocks' in reply.card ? textOf(reply.card) : reply.kind;
const history = async (email: string) => said(await openHistory(await chat.turn(email)));
const page = async (email: string, shown: Parameters<typeof turnHistoryPage.with>[0]) => {
  const { payload } = turnHistoryPage.with(shown);
  return said(await turnHistoryPage.press(payload, await chat.turn(email)));
};

test("an admin begins with everybody's, the newest first", async () => {
  await grant(ann, 'Fernboard');
  await grant(boss, 'Ledger');
  expect(await history('ada@example.com')).toMatch(
    /^Activity\nEveryone's: 2\nGrant Ledger: Bo · about to start.*\n\[Details\]\nGrant Fernboard: Ann/,
  );
});

test('a run that waits behind another is under way, and says that it waits', async () => {
  const { integrationId, startedBy: actor } = await grant(ann, 'Fernboard');
  const integration = present(await chat.services.stores.integrations.find(integrationId));
  chat.clock += 60_000;
  await chat.services.transact((tx) =>
    startGrant(tx, { actor, person: ann, integration, form: { TEAM: 'a' } }),
  );
  expect(await page('ada@example.com', { scope: 'all', outcome: 'under-way', page: 0 })).toMatch(
    /under way: 2\nGrant Fernboard: Ann · waiting to start.*\n\[Details\]\nGrant Fernboard: Ann · about to start/,
  );
});

test('others begin with what is about them or was started by them', async () => {
  await grant(ann, 'Fernboard');
  await grant(boss, 'Ledger', 'ada@example.com');
  expect(await history(boss.email)).toContain('Mine: 2');
  expect(await history(ann.email)).toContain('Mine: 1\nGrant Fernboard: Ann');
});

test("a manager's reports are those who report to them now", async () => {
  await grant(ann, 'Fernboard', 'ada@example.com');
  expect(await page(boss.email, { scope: 'reports', page: 0 })).toContain("My reports': 1");
  const { managerId: _, ...alone } = ann;
  await chat.services.transact((tx) => tx.people.save(alone));
  expect(await page(boss.email, { scope: 'reports', page: 0 })).toContain(
    'Nothing was granted to your reports yet.',
  );
});

test("everybody's runs, requested with a forged button, are one's own for someone who is no admin", async () => {
  await grant(boss, 'Ledger', 'ada@example.com');
  expect(await page(ann.email, { scope: 'all', page: 0 })).toContain(
    'Nothing was granted to you, or by you, yet.',
  );
});

test("the filter offers their reports' runs to those alone who have reports", async () => {
  const offered = async (email: string) => {
    const { fields } = await new Clicker(chat, email).opens(
      filterHistory.with({ scope: 'mine', page: 0 }),
    );
    const { scope } = fields;
    return scope?.kind === 'choice' ? scope.options.map(({ value }) => value) : [];
  };
  expect(await offered(boss.email)).toEqual(['mine', 'reports']);
  expect(await offered(ann.email)).toEqual([]); // She isn't asked, since there is one choice.
});

test('the filter offers what there is, and narrows by integration and outcome', async () => {
  const run = await grant(ann, 'Fernboard');
  await grant(ann, 'Ledger');
  const turn = await chat.turn('ada@example.com');
  const { payload } = filterHistory.with({ scope: 'all', page: 0 });
  const values = { scope: 'all', integration: run.integrationId, outcome: 'under-way' };
  const reply = await filterHistory.submit(payload, values, turn);
  if (reply.kind === 'invalid' || reply.kind === 'open') throw new Error(reply.kind);
  expect(said(reply)).toContain("Everyone's, Fernboard, under way: 1");
});

test('the filter offers no import, which grants nothing', async () => {
  await grant(ann, 'Fernboard');
  await chat.integration('Staff list', {
    action: 'create',
    execute: [{ url: 'https://api.example.com/people', method: 'GET' }],
    data_structure: { email: 'mail' },
  });
  const { fields } = await new Clicker(chat, ann.email).opens(
    filterHistory.with({ scope: 'mine', page: 0 }),
  );
  expect(fields['integration']).toMatchObject({ options: [{ label: 'Fernboard' }] });
});

test('more than a page is reached by Older and Newer', async () => {
  for (let n = 0; n < 9; n++) await grant(ann, `Tool ${n}`);
  expect(await history(boss.email)).toContain('Mine: 9, page 1 of 2');
  expect(await page(boss.email, { scope: 'mine', page: 1 })).toContain('[Newer] [Filter…]');
});

test('a card that asks for a page that is gone shows the last one', async () => {
  for (let n = 0; n < 9; n++) await grant(ann, `Tool ${n}`);
  const last = await page(boss.email, { scope: 'mine', page: 7 });
  expect(last).toContain('Mine: 9, page 2 of 2\nGrant Tool 0: Ann');
  expect(last).toContain('[Newer] [Filter…]');
});

test('details open the live card of the run for those who may see the person, and nobody else', async () => {
  const run = await grant(ann, 'Fernboard');
  await chat.person({ email: 'other@example.com' });
  const press = async (email: string) =>
    openRun.press(openRun.with({ runId: run.id }).payload, await chat.turn(email));
  expect(await press(boss.email)).toMatchObject({ kind: 'show', card: { view: 'run' } });
  expect(await press('other@example.com')).toMatchObject({ kind: 'say' });
});
