/** Someone who reads German in an English workspace meets what went wrong: what was stored in English is said in German, too. */
import { beforeEach, expect, test } from 'vitest';
import { accessCard } from '../../../src/bots/features/access/access-card.ts';
import { cancelledGrant } from '../../../src/bots/features/access/cancelled-grant.ts';
import { removalCard } from '../../../src/bots/features/access/removal-card.ts';
import { bundleRequestRef } from '../../../src/bots/features/bundles/bundle-ref.ts';
import { syncCard } from '../../../src/bots/features/imports/sync-card.ts';
import { runCard } from '../../../src/bots/features/runs/run-card.ts';
import { taskCard } from '../../../src/bots/features/tasks/task-card.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import type { LiveCardRef } from '../../../src/core/message.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { beginItems } from '../../../src/engine/bundles/begin-items.ts';
import type { SyncRun } from '../../../src/engine/imports/sync-run.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import {
  block,
  fail,
  lease,
  type Run,
  type RunError,
  type RunIn,
  refuse,
} from '../../../src/engine/runs/run.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { aSyncRun } from '../../support/a-sync-run.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { buttonsOf, Clicker } from '../../support/clicks.ts';
import { present } from '../../support/given/outcomes.ts';
import { hasAccess } from '../../support/has-access.ts';
import { begunRemoval, inState, workOnRemovals } from '../../support/removals.ts';
import { teamIn } from '../../support/team.ts';

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  for (const { email } of [admin, boss, ann]) {
    const profile = present(chat.profiles.get(email));
    chat.profiles.set(email, { ...profile, locale: 'de-DE' });
  }
});

const manifest = { execute: [{ url: 'https://api.example.com/u' }] };
const now = () => chat.services.now();

/** Words that every English sentence has one of, and no German one. */
const ENGLISH =
  /\b(?:the|is|it|its|has|have|had|of|to|and|or|by|you|your|can't|isn't|wasn't|on|again)\b/i;

const linesOf = (card: Card): readonly string[] => [
  ...textOf(card).split('\n'),
  ...buttonsOf(card).flatMap(({ label, about }) => [label, about ?? '']),
];
/** What is English on the card, for each of the readers. */
async function englishOn(
  ref: LiveCardRef,
  ...readers: readonly Person[]
): Promise<readonly string[]> {
  const shown = await Promise.all(
    readers.map(async ({ email }) => linesOf(await new Clicker(chat, email).sees(ref))),
  );
  return shown.flat().filter((line) => ENGLISH.test(line));
}

async function queued(): Promise<RunIn<'queued'>> {
  const id = await chat.integration('Fernboard', manifest);
  const integration = present(await chat.services.stores.integrations.find(id));
  const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
  const started = await chat.services.transact((tx) =>
    startGrant(tx, { actor, person: ann, integration, form: {} }),
  );
  if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
  return started.run;
}
async function granting(): Promise<RunIn<'running'>> {
  const run = await queued();
  return lease(run, { workerId: 'w1', newestManifestVersionId: run.manifestVersionId }, now());
}
const saved = (run: Run): Promise<Run> => chat.services.transact((tx) => tx.runs.save(run));
const accessOfAnn = () => accessCard.with({ personId: ann.id, page: 0, askedAt: 0 });

test.each<RunError>([
  { code: 'http-status', message: 'Fernboard answered with status 500.' },
  { code: 'no-answer', message: 'Fernboard took too long to answer.' },
  {
    code: 'unknown-outcome',
    message: "Fernboard took too long to answer. We don't know whether it was done.",
  },
  { code: 'no-token', message: 'Fernboard is not connected yet. An admin has to connect it.' },
  { code: 'integration-gone', message: 'Fernboard is turned off. An admin can turn it on again.' },
])('a grant that failed: $code', async (error) => {
  const run = await granting();
  const ref = runCard.with({ runId: run.id });
  await saved(fail(run, error, now()));
  expect(await englishOn(ref, admin, boss)).toEqual([]);
  expect(await englishOn(accessOfAnn(), admin, boss)).toEqual([]);
});

test('a grant that is blocked', async () => {
  const run = await granting();
  const message =
    'The answer doesn\'t contain "ok", which the manifest expects. Check what the answer says.';
  await saved(block(run, { code: 'not-matched', message }, now()));
  expect(await englishOn(runCard.with({ runId: run.id }), admin, boss)).toEqual([]);
});

test('a grant that Latchkey cancelled', async () => {
  const run = await queued();
  await saved(refuse(run, 'Ann Lee has left.', now()));
  expect(await englishOn(runCard.with({ runId: run.id }), admin, boss)).toEqual([]);
  expect(await englishOn(cancelledGrant.with({ runId: run.id }), boss)).toEqual([]);
});

test('a removal that is stuck', async () => {
  const integrationId = await chat.integration('Fernboard', {
    ...manifest,
    revoke: manifest.execute,
  });
  const removal = await begunRemoval(chat, ann, integrationId, admin);
  await inState(chat, removal, {
    state: 'stuck',
    tries: 2,
    why: 'The last try failed. Fernboard took too long to answer.',
    retryAt: new Date(chat.clock + 60_000),
  });
  const ref = removalCard.with({ removalId: removal.id });
  expect(await englishOn(ref, admin, boss)).toEqual([]);
  expect(await englishOn(accessOfAnn(), admin, boss)).toEqual([]);
});

test('a removal by hand, and its task, whose instructions stay as an admin wrote them', async () => {
  const revoke_note = 'Ask Ann Lee for the badge. It expires on Friday.';
  const integrationId = await chat.integration('Fernboard', { ...manifest, revoke_note });
  await hasAccess(chat, ann, { integrationId });
  const removal = await begunRemoval(chat, ann, integrationId, admin);
  await workOnRemovals(chat);
  expect(await englishOn(removalCard.with({ removalId: removal.id }), admin, boss)).toEqual([]);
  const [task] = (
    await chat.services.stores.tasks.list({ personId: ann.id }, { offset: 0, limit: 1 })
  ).tasks;
  const ref = taskCard.with({ taskId: present(task).id });
  expect(await englishOn(ref, admin)).toEqual([revoke_note]);
});

test('an import that is held, and one that waits or failed', async () => {
  const integrationId = await chat.integration('Peoplefile', manifest);
  const run = aSyncRun({ integrationId, createdAt: now() });
  await chat.services.transact((tx) => tx.syncRuns.insert(run));
  const ref = syncCard.with({ runId: run.id, page: 0, text: '' });
  const warnings = [
    'bo@example.com: no last day was planned. Bo Boss is already being offboarded.',
  ];
  const held = { fresh: 900, people: 3, why: ['growth', 'moves'] };
  const save = (next: Partial<SyncRun>) =>
    chat.services.transact(async (tx) => {
      const { version } = present(await tx.syncRuns.find(run.id));
      // The state brings what else it has.
      await tx.syncRuns.save({ ...run, warnings, ...next, version } as SyncRun);
    });
  const { dueAt } = run;
  await save({ state: 'waiting', dueAt, why: 'Peoplefile took too long to answer.' });
  expect(await englishOn(ref, admin)).toEqual([]);
  await save({ state: 'ready', readyAt: now(), held });
  expect(await englishOn(ref, admin)).toEqual([]);
  const error = { code: 'no-answer' as const, message: 'Peoplefile took too long to answer.' };
  await save({ state: 'failed', finishedAt: now(), error });
  expect(await englishOn(ref, admin)).toEqual([]);
});

test('a bundle of which not all could be requested', async () => {
  const fernboard = await chat.integration('Fernboard', manifest);
  const closed = await chat.integration('Zoom', manifest);
  await chat.services.transact(async (tx) => {
    const integration = present(await tx.integrations.find(closed));
    const policy = { ...defaultPolicy, requesters: { kind: 'nobody' } as const };
    await tx.integrations.save({ ...integration, settings: { policy } });
  });
  const items = [fernboard, closed].map((integrationId) => ({
    integrationId,
    form: {},
    answers: [],
  }));
  await chat.services.transact((tx) =>
    beginItems(tx, {
      actor: { kind: 'person', personId: ann.id, via: 'slack' },
      person: ann,
      by: ann,
      as: 'request',
      of: { kind: 'same-as', personId: boss.id },
      items,
      reason: 'Tee',
      facts: {},
    }),
  );
  const [row] = await chat.database.db<{ readonly id: string }>('bundle_requests').select('id');
  expect(await englishOn(bundleRequestRef(present(row).id), ann, boss)).toEqual([]);
});
