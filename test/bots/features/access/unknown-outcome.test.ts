/** A write left and no answer came: what every card says of it, and how a check's answer gets there. */
import { beforeEach, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { pinnedHome } from '../../../../src/bots/features/home/home.ts';
import { runCard } from '../../../../src/bots/features/runs/run-card.ts';
import type { Reader } from '../../../../src/bots/live/context.ts';
import type { CardView } from '../../../../src/bots/view/live-card.ts';
import type { LiveCardRef } from '../../../../src/core/message.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import type { Run } from '../../../../src/engine/runs/run.ts';
import { textOf } from '../../../support/chat.ts';
import { HOUR, MINUTE, type TestEngine, testEngine } from '../../../support/engine.ts';
import { ofKind } from '../../../support/given/outcomes.ts';

let engine: TestEngine;
let ann: Person;
let plotbox: Integration;

beforeEach(async () => {
  engine = await testEngine();
  ann = await engine.person({ email: 'ann@example.com', firstName: 'Ann', lastName: '' });
  const { url } = engine.party;
  plotbox = await engine.integration(
    {
      exists: { url: `${url}/users`, method: 'GET', expected: '{{email}}' },
      execute: [{ url: `${url}/users` }],
      revoke: [{ url: `${url}/users`, method: 'DELETE' }],
    },
    {},
    'Plotbox',
  );
});

const HAS = { json: ['ann@example.com'] };
const NOBODY = { json: [] };
/** What Plotbox says of its people from now on. */
const plotboxSays = (answer: typeof HAS | typeof NOBODY | { status: number }) =>
  engine.party.on('GET /users', answer);

async function shown(card: CardView<Reader>, { payload }: LiveCardRef): Promise<string> {
  const { stores, now, admin: reader } = engine;
  return textOf(
    await card.render(payload, { reader, stores, now, timeZone: 'UTC', scheduleZone: 'UTC' }),
  );
}
const cardOf = ({ id: runId }: Run) => shown(runCard, runCard.with({ runId }));
const rowOfAnn = () =>
  shown(accessCard, accessCard.with({ personId: ann.id, page: 0, askedAt: 0 }));
const home = () => shown(pinnedHome, pinnedHome.with({ personId: engine.admin.id }));

async function grant(): Promise<Run> {
  engine.party.on('POST /users', 'reset');
  const started = ofKind('started', await engine.grant(ann, plotbox));
  await engine.runJobs();
  return started.run;
}
/** The grant, and its retry an hour later. */
async function grantTwice(): Promise<Run> {
  const run = await grant();
  await engine.later(HOUR);
  return run;
}
async function revoke(): Promise<Run> {
  engine.party.on('DELETE /users', 'reset');
  plotboxSays(HAS);
  await engine.revoke(ann, plotbox);
  await engine.runJobs();
  const { runId = '' } = await engine.removal(ann, plotbox);
  return engine.run(runId);
}

test('a grant is not called failed: nobody knows yet', async () => {
  plotboxSays({ status: 500 });
  const card = await cardOf(await grantTwice());
  expect(card).toContain("? We don't know yet whether Ann has Plotbox");
  expect(card).toContain('not confirmed. ');
  expect(card).not.toContain('was not granted');
});

test('"no access" right after it says nothing yet, since the request may still be under way; a quarter of an hour later it counts', async () => {
  plotboxSays(NOBODY);
  const run = await grant();
  expect(await cardOf(run)).toContain("? We don't know yet whether Ann has Plotbox");
  expect(await cardOf(run)).toContain(
    'Checked on 24 Nov 2026, 09:00: not confirmed. Latchkey just sent a grant, which may still arrive.',
  );
  await engine.later(15 * MINUTE);
  expect(await cardOf(run)).toContain('✗ Plotbox was not granted to Ann');
  expect(await cardOf(run)).toContain('Checked on 24 Nov 2026, 09:15: no access.');
});

test('an account that is there is said at once, and that not all may be done', async () => {
  plotboxSays(HAS);
  const card = await cardOf(await grantTwice());
  expect(card).toContain("⚠ Ann has Plotbox, but the grant didn't finish");
  expect(card).toContain('has access.');
  expect(card).toContain('Try again to finish what may be missing.');
});

test('a revoke is not called failed either, and nothing is left to do where Plotbox says that it is done', async () => {
  const run = await revoke();
  plotboxSays(NOBODY);
  expect(await cardOf(run)).toContain("? We don't know yet whether Ann still has Plotbox");
  await engine.later(15 * MINUTE);
  expect(await cardOf(run)).toContain('✓ Ann no longer has Plotbox');
  expect(await cardOf(run)).not.toContain('[Revoke again…]');
});

test('a revoke that left the account there says so', async () => {
  const run = await revoke();
  await engine.later(15 * MINUTE);
  expect(await cardOf(run)).toContain('✗ Plotbox was not revoked from Ann');
  expect(await cardOf(run)).toContain(
    'The access may still be active, so its removal continues. The removal shows what happens next.\n',
  );
});

test('an app that can be asked nothing leaves it open, and says where to look', async () => {
  const { url } = engine.party;
  plotbox = await engine.integration({ execute: [{ url: `${url}/users` }] }, {}, 'Closed');
  expect(await cardOf(await grant())).toContain(
    "Latchkey can't check Closed. Ask the app's administrator to check there.",
  );
});

test("the run's card follows the check", async () => {
  plotboxSays(NOBODY);
  const run = await grant();
  const message = {
    id: 'message-1',
    card: runCard.with({ runId: run.id }),
    readerId: engine.admin.id,
    address: { platform: 'slack', key: 'D1:1' },
    shown: '',
    postedAt: engine.now(),
  } as const;
  await engine.transact((tx) => tx.messages.put(message));
  engine.chat.length = 0;
  await engine.later(15 * MINUTE);
  expect(engine.chat).toContainEqual({
    name: 'message.refresh',
    payload: { messageId: message.id },
  });
});

test("the person's row says the same, with the answer, while the run waits for its retry", async () => {
  plotboxSays(NOBODY);
  await grant();
  expect(await rowOfAnn()).toContain(
    "Plotbox · ? We don't know yet whether it was granted (not confirmed when checked on 24 Nov 2026, 09:00). Next try: 24 Nov 2026, 10:00.",
  );
  plotboxSays(HAS);
  await engine.later(15 * MINUTE);
  expect(await rowOfAnn()).toContain(
    "Plotbox · ⚠ Has access (checked on 24 Nov 2026, 09:15), but the grant didn't finish.",
  );
});

test('Home counts it apart from what failed', async () => {
  plotboxSays({ status: 500 });
  await grantTwice();
  expect(await home()).toContain('Not confirmed (1)\n[View]');
  expect(await home()).not.toContain('Failed runs');
});
