/** A review that can't say whom it has yet to ask. */
import { expect, onTestFinished, test } from 'vitest';
import { makeCampaign, startNow } from '../../../src/engine/reviews/campaigns.ts';
import { advanceReview, startReview } from '../../../src/engine/reviews/start-review.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import { testEngine } from '../../support/engine.ts';

test('asks every reviewer once more, since what is undecided at its end may be removed', async () => {
  const events: Event[] = [];
  const engine = await testEngine({ onEvent: async (_tx, event) => void events.push(event) });
  onTestFinished(() => engine.cleanup());
  const boss = await engine.person({ email: 'boss@example.com', role: 'manager' });
  const ann = await engine.person({ email: 'ann@example.com', managerEmail: boss.email });
  const app = await engine.integration({ execute: [{ url: engine.party.url }] });
  const at = engine.now();
  await engine.stores.access.put({
    personId: ann.id,
    integrationId: app.id,
    state: 'has',
    reason: '',
    since: at,
    checkedAt: at,
  });
  const wanted = { name: 'Autumn', startedBy: engine.admin, actor: engine.actor };
  const review = await engine.transact((tx) =>
    startReview(tx, { ...wanted, dueDate: '2026-12-10', undecided: 'remove' }),
  );
  await engine.db('reviews').update({ next: 'damaged' });
  events.length = 0;
  await advanceReview(review?.id ?? '', engine.transact);
  expect(events).toMatchObject([{ kind: 'review-requested', reviewerIds: [boss.id] }]);
  expect(await engine.db('reviews').first('next')).toEqual({ next: null });
});

test('that recurs is not started by hand either, since it would ask about everything', async () => {
  const engine = await testEngine();
  onTestFinished(() => engine.cleanup());
  const draft = {
    name: 'Each quarter',
    every: 'quarter',
    firstOn: '2027-01-01',
    days: 14,
    reviewers: 'managers',
    reviewerIds: [],
    undecided: 'keep',
    scope: {},
  } as const;
  const by = { by: engine.admin, actor: engine.actor };
  const { id } = await engine.transact((tx) => makeCampaign(tx, draft, by));
  await engine.db('review_campaigns').update({ scope: 'damaged' });
  const campaign = await engine.stores.campaigns.find(id);
  if (!campaign) throw new Error('It is gone');
  const began = await engine.transact((tx) => startNow(tx, campaign, engine.actor));
  expect(began).toEqual({ kind: 'unread' });
});
