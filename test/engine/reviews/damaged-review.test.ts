/** A review that can't say whom it has yet to ask. */
import { expect, test } from 'vitest';
import { type Campaign, nextOn } from '../../../src/engine/reviews/campaign.ts';
import { changeCampaign, makeCampaign, startNow } from '../../../src/engine/reviews/campaigns.ts';
import { reviewSources } from '../../../src/engine/reviews/due-reviews.ts';
import { advanceReview, startReview } from '../../../src/engine/reviews/start-review.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';
import { fire } from '../../support/tick.ts';

test('asks every reviewer once more, since what is undecided at its end may be removed', async () => {
  const events: Event[] = [];
  const engine = await testEngine({ onEvent: async (_tx, event) => void events.push(event) });
  const boss = await engine.person({ email: 'boss@example.com', role: 'manager' });
  const ann = await engine.person({ email: 'ann@example.com', managerEmail: boss.email });
  const app = await engine.integration({ execute: [{ url: engine.party.url }] });
  const at = engine.now();
  await engine.stores.access.put(accessSince(at, { personId: ann.id, integrationId: app.id }));
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
  const campaign = await damagedCampaign(engine);
  const began = await engine.transact((tx) => startNow(tx, campaign, engine.actor));
  expect(began).toEqual({ kind: 'unread' });
});

test('that recurs says on its date that it did not start, and starts on the next one when it was edited', async () => {
  const events: Event[] = [];
  const engine = await testEngine({ onEvent: async (_tx, event) => void events.push(event) });
  const campaign = await damagedCampaign(engine);
  const tick = async (day: string) => {
    engine.clock.advance(new Date(`${day}T10:00:00Z`).getTime() - engine.now().getTime());
    events.length = 0;
    await fire(engine, reviewSources({ timeZone: 'UTC' }));
    return events;
  };
  const { id: campaignId } = campaign;
  const told = { kind: 'review-not-started', campaignId, runnerId: engine.admin.id };
  expect(await tick('2027-01-01')).toEqual([told]);
  expect(await engine.audited()).toContain('review-campaign.unread');
  expect(await tick('2027-01-02')).toEqual([]);
  const now = present(await engine.stores.campaigns.find(campaignId));
  expect(nextOn(now, '2027-01-02')).toBe('2027-04-01');
  const app = await engine.integration({ execute: [{ url: engine.party.url }] });
  const boss = await engine.person({ email: 'boss@example.com', role: 'manager' });
  const ann = await engine.person({ email: 'ann@example.com', managerEmail: boss.email });
  const [personId, integrationId, since] = [ann.id, app.id, engine.now()];
  const access = { personId, integrationId, state: 'has', reason: '' } as const;
  await engine.stores.access.put({ ...access, since, checkedAt: since });
  await engine.transact((tx) => changeCampaign(tx, { campaign: now, draft: DRAFT }, engine.actor));
  expect(await tick('2027-04-01')).toContainEqual(
    expect.objectContaining({ kind: 'review-started' }),
  );
});

const DRAFT = {
  name: 'Each quarter',
  every: 'quarter',
  firstOn: '2027-01-01',
  days: 14,
  reviewers: 'managers',
  reviewerIds: [],
  undecided: 'keep',
  scope: {},
} as const;

async function damagedCampaign(engine: TestEngine): Promise<Campaign> {
  const by = { by: engine.admin, actor: engine.actor };
  const { id } = await engine.transact((tx) => makeCampaign(tx, DRAFT, by));
  await engine.db('review_campaigns').update({ scope: 'damaged' });
  const campaign = present(await engine.stores.campaigns.find(id));
  return campaign;
}
