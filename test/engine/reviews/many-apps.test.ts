/** What a review costs the database where there are very many apps, or very much to review at one. */
import { beforeEach, expect, test } from 'vitest';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { reevaluateReviews } from '../../../src/engine/reviews/reviews.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { accessSince } from '../../support/has-access.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const has = async ({ id: personId }: { readonly id: string }, { id: integrationId }: Integration) =>
  engine.stores.access.put(accessSince(engine.now(), { personId, integrationId }));

const wanted = () => ({
  name: 'Autumn',
  startedBy: engine.admin,
  actor: engine.actor,
  dueDate: '2026-12-10',
});

test('a review of few people asks nothing of the apps that none of them has', async () => {
  const sales = await engine.person({ email: 'sal@example.com', department: 'Sales' });
  const developer = await engine.person({ email: 'dev@example.com', department: 'R&D' });
  const apps: Integration[] = [];
  for (let each = 0; each < 60; each += 1)
    apps.push(
      await engine.integration({ execute: [{ url: engine.party.url }] }, {}, `App ${each}`),
    );
  for (const app of apps) await has(sales, app);
  for (const app of apps.slice(0, 2)) await has(developer, app);
  const scope = { department: 'R&D' };
  const statements = await statementsOf(engine.db, () =>
    engine.transact((tx) => startReview(tx, { ...wanted(), scope })),
  );
  const items = await engine.db<{ person_id: string }>('review_items').pluck('person_id');
  expect(items).toEqual([developer.id, developer.id]);
  expect(statements.length).toBeLessThanOrEqual(30);
});

test('what is open at a changed app is read in parts, and each part with a few statements', async () => {
  const app = await engine.integration({ execute: [{ url: engine.party.url }] });
  for (let each = 0; each < 240; each += 1)
    await has(await engine.person({ email: `p${each}@example.com` }), app);
  const review = await engine.transact((tx) => startReview(tx, wanted()));
  const statements = await statementsOf(engine.db, () =>
    reevaluateReviews({ integrationId: app.id }, engine),
  );
  expect(review?.state).toBe('open');
  expect(statements.length).toBeLessThanOrEqual(30);
});
