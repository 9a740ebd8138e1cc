/** Reviews by the calendar, on each database: campaigns that start once, reviewers who change, and three ways to end. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { openHold } from '../../../src/engine/access/holds.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { comeBack } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { endDelegation, setDelegate } from '../../../src/engine/requests/absences.ts';
import type { Campaign } from '../../../src/engine/reviews/campaign.ts';
import {
  type CampaignDraft,
  changeCampaign,
  makeCampaign,
  resumeCampaign,
  startNow,
  stopCampaign,
} from '../../../src/engine/reviews/campaigns.ts';
import { reviewSources } from '../../../src/engine/reviews/due-reviews.ts';
import { itemBatches } from '../../../src/engine/reviews/item-batches.ts';
import type {
  Review,
  ReviewItem,
  ReviewScope,
  ReviewSettings,
} from '../../../src/engine/reviews/review.ts';
import {
  closeReview,
  decideItem,
  reevaluateReviews,
  releaseHeld,
} from '../../../src/engine/reviews/reviews.ts';
import { advanceReview, startReview } from '../../../src/engine/reviews/start-review.ts';
import { fireDue } from '../../../src/engine/work/due.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import type { OnEvent } from '../../../src/engine/work/on-event.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';
import { fire } from '../../support/tick.ts';
import { insertPerson } from '../a-person.ts';
import type { StoresDriver } from '../stores.ts';

const DAY = 24 * 60 * 60_000;
const start = new Date('2026-11-24T12:00:00.000Z');
const system = { kind: 'system' } as const;
const whole = { offset: 0, limit: 100 };

export function reviewsContract(
  open: (now: Clock, onEvent: OnEvent) => Promise<StoresDriver>,
): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  let now: Date;
  let events: Event[];
  /** Two admins, and Bo, who manages Ann. Bo reports to Eva, and Mia to nobody. */
  let ada: Person;
  let eva: Person;
  let bo: Person;
  let ann: Person;
  let mia: Person;
  let app: Integration;
  beforeEach(async () => {
    now = start;
    events = [];
    driver = await open(
      () => now,
      async (_tx, event) => void events.push(event),
    );
    stores = driver.stores;
    ada = await insertPerson(stores, { firstName: 'Ada', role: 'admin' });
    eva = await insertPerson(stores, { firstName: 'Eva', role: 'admin' });
    bo = await insertPerson(stores, { firstName: 'Bo', managerId: eva.id });
    mia = await insertPerson(stores, { firstName: 'Mia' });
    ann = await insertPerson(stores, { firstName: 'Ann', managerId: bo.id, department: 'R&D' });
    app = await integration('Fernboard');
    await has(ann, app);
  });
  afterEach(() => driver.cleanup());

  async function integration(name: string, ownerIds?: readonly string[]): Promise<Integration> {
    const id = newId();
    const settings = ownerIds && { ownerIds: [...ownerIds] };
    const made = { id, version: 1, name, enabled: true, createdAt: start };
    await stores.integrations.insert({ ...made, ...(settings && { settings }) });
    return present(await stores.integrations.find(id));
  }

  const has = (person: Person, { id: integrationId }: Integration) =>
    stores.access.put(accessSince(start, { personId: person.id, integrationId }));

  const tick = () => fire({ ...driver, now: () => now }, reviewSources({ timeZone: 'UTC' }));

  const until = (day: string, hour = '10:00') => {
    now = new Date(`${day}T${hour}:00.000Z`);
    return tick();
  };

  const draft: CampaignDraft = {
    name: 'Quarterly',
    every: 'quarter',
    firstOn: '2026-12-01',
    days: 14,
    reviewers: 'managers',
    reviewerIds: [],
    undecided: 'keep',
    scope: {},
  };

  const made = (about: Partial<CampaignDraft> = {}, by = ada): Promise<Campaign> =>
    driver.transact((tx) => makeCampaign(tx, { ...draft, ...about }, { by, actor: system }));

  const campaignNow = async ({ id }: Campaign): Promise<Campaign> =>
    present(await stores.campaigns.find(id));

  const reviews = async () => (await stores.reviews.list(whole)).reviews;

  async function started(
    asking: Partial<ReviewSettings> & {
      readonly scope?: ReviewScope;
      readonly dueDate?: string;
    } = {},
    by = ada,
  ): Promise<Review> {
    const review = await driver.transact((tx) =>
      startReview(tx, {
        name: 'Autumn',
        startedBy: by,
        actor: system,
        dueDate: '2026-12-10',
        ...asking,
      }),
    );
    if (!review) throw new Error('There is nothing to review');
    return review;
  }

  const itemOf = async ({ id }: Review, person = ann, at = app): Promise<ReviewItem> =>
    present(await stores.reviews.findItem(id, person.id, at.id));

  const decide = ({ id }: Review, verdict: 'kept' | 'revoked', by: Person, person = ann) =>
    driver.transact((tx) =>
      decideItem(tx, {
        reviewId: id,
        personId: person.id,
        integrationId: app.id,
        verdict,
        by,
        actor: system,
      }),
    );

  /** What the job does that a change of a person queues. */
  const change = async (person: Person, what: Partial<Person>) => {
    const found = await stores.people.find(person.id);
    if (found) await stores.people.save({ ...found, ...what });
    await reevaluateReviews({ personId: person.id }, driver);
  };

  const asked = (): readonly (readonly string[])[] =>
    events.flatMap((event) => (event.kind === 'review-requested' ? [event.reviewerIds] : []));

  // ---------------------------------------------------------------- large ones

  /** Everyone reports to one of two, and has the app. @returns their ids */
  async function crowd(count: number): Promise<readonly Person[]> {
    const all: Person[] = [];
    for (let n = 0; n < count; n += 1) {
      const managerId = n % 2 === 0 ? bo.id : eva.id;
      const person = await insertPerson(stores, { firstName: `N${n}`, managerId });
      await has(person, app);
      all.push(person);
    }
    return all;
  }

  test('a large one is written in batches, and no one sees it before the last', async () => {
    const crowded = await crowd(600);
    const review = await started();
    const inserted = async () => {
      const counts = await stores.reviews.counts(review.id);
      return Object.values(counts).reduce((sum, each) => sum + each, 0);
    };
    const seen = async () => [
      await stores.reviews.find(review.id),
      ...(await reviews()),
      ...(await stores.reviews.open()),
      ...(await stores.reviews.waitingFor(bo.id)),
    ];
    expect(await inserted()).toBe(250);
    expect((await seen()).filter((each) => each)).toEqual([]);
    expect(events).toEqual([]);
    await advanceReview(review.id, driver.transact);
    expect(await inserted()).toBe(500);
    expect((await seen()).filter((each) => each)).toEqual([]);
    expect(events).toEqual([]);
    await advanceReview(review.id, driver.transact);
    expect(await inserted()).toBe(crowded.length + 1);
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'open' });
    expect(events.map(({ kind }) => kind)).toEqual(['review-requested', 'review-started']);
    expect(asked()).toEqual([[bo.id, eva.id].toSorted()]);
    await advanceReview(review.id, driver.transact);
    expect(events).toHaveLength(2);
  });

  test('the sweep finds one whose wake-up was lost, until it has started', async () => {
    await crowd(300);
    const review = await started();
    const late = async () => (await stores.reviews.lateUnfinished(now)).map(({ id }) => id);
    expect(await late()).toEqual([]);
    now = new Date(now.getTime() + 1);
    expect(await late()).toEqual([review.id]);
    await advanceReview(review.id, driver.transact);
    expect(await late()).toEqual([]);
  });

  test('what changes while it starts counts: who left lapses, and a new manager is asked', async () => {
    const crowded = await crowd(300);
    const review = await started();
    const [left, moved] = (await stores.reviews.itemsAfter(review.id, undefined))
      .map(({ personId }) => crowded.find(({ id }) => id === personId))
      .filter((each) => each !== undefined);
    if (!left || !moved) throw new Error('There is no item yet');
    await change(left, { active: false });
    await change(moved, { managerId: mia.id });
    expect(events).toEqual([]);
    await advanceReview(review.id, driver.transact);
    expect(await itemOf(review, left)).toMatchObject({ state: 'lapsed' });
    expect(await itemOf(review, moved)).toMatchObject({ reviewerId: mia.id });
    expect(asked()).toEqual([[bo.id, eva.id, mia.id].toSorted()]);
  });

  test('a campaign whose review is starting starts no second one', async () => {
    await crowd(300);
    const campaign = await made();
    const first = await driver.transact((tx) => startNow(tx, campaign, system));
    if (!('review' in first)) throw new Error('There is nothing to review');
    expect(events).toEqual([]);
    const again = await campaignNow(campaign);
    expect((await driver.transact((tx) => startNow(tx, again, system))).kind).toBe('open');
    await advanceReview(first.review.id, driver.transact);
    expect(events.map(({ kind }) => kind)).toEqual(['review-requested', 'review-started']);
  });

  test('a batch goes over several apps, and each access is in it once', async () => {
    const crowded = await crowd(300);
    const second = await integration('Lodestone');
    for (const person of crowded.slice(0, 120)) await has(person, second);
    const review = await started();
    await advanceReview(review.id, driver.transact);
    expect((await stores.reviews.counts(review.id)).open).toBe(421);
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'open' });
  });

  test('its reviewers are asked in batches, once each, at the start and as a reminder', async () => {
    for (let n = 0; n < 300; n += 1) {
      const manager = await insertPerson(stores, { firstName: `M${n}` });
      await has(await insertPerson(stores, { firstName: `N${n}`, managerId: manager.id }), app);
    }
    const review = await started();
    await advanceReview(review.id, driver.transact);
    const inBatches = async () => {
      expect(asked().map((each) => each.length)).toEqual([250]);
      await advanceReview(review.id, driver.transact);
      expect(asked().map((each) => each.length)).toEqual([250, 51]);
      expect(new Set(asked().flat()).size).toBe(301);
      await advanceReview(review.id, driver.transact);
      expect(asked()).toHaveLength(2);
    };
    await inBatches();
    events.length = 0;
    await until('2026-12-08');
    await inBatches();
  });

  test('closed while its reviewers are asked, it asks no more', async () => {
    for (let n = 0; n < 260; n += 1) {
      const manager = await insertPerson(stores, { firstName: `M${n}` });
      await has(await insertPerson(stores, { firstName: `N${n}`, managerId: manager.id }), app);
    }
    const review = await started();
    await advanceReview(review.id, driver.transact);
    await driver.transact((tx) => closeReview(tx, review.id, system));
    await advanceReview(review.id, driver.transact);
    expect(asked()).toHaveLength(1);
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
  });

  // ---------------------------------------------------------------- campaigns

  test('a campaign comes back as it was saved', async () => {
    const scope = { integrationIds: [app.id], department: 'R&D', bundleId: 'b', managerId: bo.id };
    const about = {
      scope,
      reviewers: 'named',
      reviewerIds: [mia.id],
      undecided: 'admins',
    } as const;
    const campaign = await made(about);
    expect(await stores.campaigns.find(campaign.id)).toEqual(campaign);
    expect(await stores.campaigns.list(whole)).toEqual({ campaigns: [campaign], total: 1 });
  });

  test('it starts at nine on its date, and its runner gets the progress', async () => {
    const campaign = await made();
    await until('2026-12-01', '08:59');
    expect(await reviews()).toEqual([]);
    await until('2026-12-01', '09:00');
    const [review] = await reviews();
    expect(review).toMatchObject({
      name: 'Quarterly',
      startedById: ada.id,
      campaignId: campaign.id,
      dueDate: '2026-12-14',
    });
    expect(events.map(({ kind }) => kind)).toEqual(['review-requested', 'review-started']);
    expect(await campaignNow(campaign)).toMatchObject({
      lastOn: '2026-12-01',
      lastReviewId: review?.id,
    });
  });

  test('of two processes that look at the same moment, one starts it', async () => {
    await made();
    now = new Date('2026-12-01T10:00:00.000Z');
    await Promise.all([tick(), tick(), tick()]);
    expect(await reviews()).toHaveLength(1);
  });

  test('it starts once a date, over restarts', async () => {
    await made({ every: 'month' });
    for (const day of ['2026-12-01', '2026-12-01', '2026-12-02', '2026-12-31']) await until(day);
    expect(await reviews()).toHaveLength(1);
    await until('2027-01-01');
    expect(await reviews()).toHaveLength(2);
  });

  test('dates that were missed start one review', async () => {
    const campaign = await made({ every: 'month' });
    await until('2027-05-20');
    await until('2027-05-21');
    expect(await reviews()).toHaveLength(1);
    expect(await campaignNow(campaign)).toMatchObject({ lastOn: '2027-05-01' });
  });

  test('a clock that leaps ten years and comes back starts no date twice, and none too few', async () => {
    await made({ every: 'month' });
    await until('2026-12-01');
    await until('2036-12-20');
    await until('2026-12-02');
    expect(await reviews()).toHaveLength(2);
    await until('2027-01-01');
    expect(await reviews()).toHaveLength(3);
    await until('2027-01-02');
    expect(await reviews()).toHaveLength(3);
  });

  test('a stopped one starts nothing, and resumed it skips what has passed', async () => {
    const campaign = await made({ every: 'month' });
    await driver.transact((tx) => stopCampaign(tx, campaign, system));
    await until('2027-01-15');
    expect(await reviews()).toEqual([]);
    const stopped = await campaignNow(campaign);
    await driver.transact((tx) => resumeCampaign(tx, stopped, system));
    await until('2027-01-16');
    expect(await reviews()).toEqual([]);
    await until('2027-02-01');
    expect(await reviews()).toHaveLength(1);
  });

  test('a changed date counts from then on', async () => {
    const campaign = await made();
    await driver.transact((tx) =>
      changeCampaign(tx, { campaign, draft: { ...draft, firstOn: '2026-12-20' } }, system),
    );
    await until('2026-12-05');
    expect(await reviews()).toEqual([]);
    await until('2026-12-20');
    expect(await reviews()).toHaveLength(1);
  });

  test('Start now starts one beside its dates, and no second one while that is open', async () => {
    const campaign = await made();
    const first = await driver.transact((tx) => startNow(tx, campaign, system));
    expect(first.kind).toBe('started');
    const again = await campaignNow(campaign);
    expect((await driver.transact((tx) => startNow(tx, again, system))).kind).toBe('open');
    await until('2026-12-01');
    expect(await reviews()).toHaveLength(2);
  });

  test('a date with nothing to review passes, and the next one comes', async () => {
    const campaign = await made({ every: 'month', scope: { department: 'Sales' } });
    await until('2026-12-01');
    expect(await reviews()).toEqual([]);
    expect(await campaignNow(campaign)).toMatchObject({ lastOn: '2026-12-01' });
    await change(ann, { department: 'Sales' });
    await until('2027-01-01');
    expect(await reviews()).toHaveLength(1);
  });

  test("an owner's campaign goes on with an admin when the owner has left or owns the app no more", async () => {
    const own = await integration('Lodestone', [mia.id]);
    await has(ann, own);
    await made({ every: 'month', scope: { integrationIds: [own.id] } }, mia);
    await until('2026-12-01');
    expect((await reviews())[0]).toMatchObject({ startedById: mia.id });
    await stores.people.save({ ...mia, active: false });
    await until('2027-01-01');
    const [latest] = await reviews();
    expect([ada.id, eva.id]).toContain(latest?.startedById);
  });

  // ---------------------------------------------------------------- which access

  test('what is reviewed fits the integration, the department, the manager and the bundle', async () => {
    const other = await integration('Lodestone');
    await has(ann, other);
    await has(mia, app);
    const bundleId = newId();
    await driver.transact(async (tx) => {
      const about = { person: ann, integration: other, source: 'request', actor: system } as const;
      await openHold(tx, { ...about, bundleId }, {});
    });
    const found = async (scope: ReviewScope) => {
      const { id } = await started({ scope });
      const { items } = await stores.reviews.items(id, {}, whole);
      return items.map(({ personId, integrationId }) => `${personId} ${integrationId}`).toSorted();
    };
    const [annHere, annThere, miaHere] = [
      `${ann.id} ${app.id}`,
      `${ann.id} ${other.id}`,
      `${mia.id} ${app.id}`,
    ];
    expect(await found({})).toEqual([annHere, annThere, miaHere].toSorted());
    expect(await found({ integrationIds: [app.id] })).toEqual([annHere, miaHere].toSorted());
    expect(await found({ department: 'R&D' })).toEqual([annHere, annThere].toSorted());
    expect(await found({ managerId: bo.id, integrationIds: [app.id] })).toEqual([annHere]);
    expect(await found({ bundleId })).toEqual([annThere]);
  });

  // ---------------------------------------------------------------- who reviews

  test('managers review; who has none, or one who has left, is reviewed by the next', async () => {
    await has(bo, app);
    await has(mia, app);
    const review = await started();
    expect((await itemOf(review)).reviewerId).toBe(bo.id);
    expect((await itemOf(review, bo)).reviewerId).toBe(eva.id);
    expect((await itemOf(review, mia)).reviewerId).toBe(ada.id);
    await change(bo, { active: false });
    expect((await itemOf(review)).reviewerId).toBe(eva.id); // The manager's manager.
  });

  test('owners review their app, and another owner or the manager their own access', async () => {
    const own = await integration('Lodestone', [mia.id]);
    await has(ann, own);
    await has(mia, own);
    const review = await started({ reviewers: 'owners' });
    expect((await itemOf(review, ann, own)).reviewerId).toBe(mia.id);
    expect((await itemOf(review, mia, own)).reviewerId).toBe(ada.id);
    expect((await itemOf(review, ann, app)).reviewerId).toBe(bo.id); // Nobody owns it.
  });

  test('named people share what there is, nobody gets their own, and each keeps their part', async () => {
    const people: Person[] = [];
    for (let n = 0; n < 40; n += 1) people.push(await insertPerson(stores));
    for (const person of [...people, mia, bo]) await has(person, app);
    const reviewerIds = [mia.id, bo.id, eva.id];
    const review = await started({ reviewers: 'named', reviewerIds });
    const reviewerOfEach = async () =>
      new Map(
        (await stores.reviews.items(review.id, {}, whole)).items.map((item) => [
          item.personId,
          item.reviewerId,
        ]),
      );
    const before = await reviewerOfEach();
    for (const [personId, reviewerId] of before) expect(reviewerId).not.toBe(personId);
    expect(new Set(before.values())).toEqual(new Set(reviewerIds));
    await change(mia, { active: false });
    const after = await reviewerOfEach();
    const allowedOf = new Map<string, readonly string[]>();
    for (const [personId, reviewerId] of before) {
      const allowed = reviewerId === mia.id ? reviewerIds.slice(1) : [reviewerId];
      if (personId !== mia.id) allowedOf.set(personId, allowed);
    }
    for (const [personId, allowed] of allowedOf) expect(allowed).toContain(after.get(personId));
  });

  test('a named reviewer decides, and someone else does not', async () => {
    const review = await started({ reviewers: 'named', reviewerIds: [mia.id] });
    const other = await insertPerson(stores);
    expect((await decide(review, 'kept', other)).kind).toBe('not-yours');
    expect((await decide(review, 'kept', mia)).kind).toBe('decided');
  });

  test('a named reviewer who left reviews nothing for the person who gets their address later', async () => {
    const named = { reviewers: 'named', reviewerIds: [mia.id] } as const;
    const [alone, shared] = [
      await made(named),
      await made({ ...named, reviewerIds: [mia.id, eva.id] }),
    ];
    const review = await started(named);
    await change(mia, { active: false });
    await driver.transact(async (tx) => {
      const left = await tx.people.find(mia.id);
      if (left) await comeBack(tx, left, { actor: system, details: {}, related: {} });
    });
    await reevaluateReviews({ personId: mia.id }, driver);
    expect((await itemOf(review)).reviewerId).toBe(bo.id);
    const stranger = await stores.people.find(mia.id);
    if (!stranger?.active) throw new Error('They are not back');
    expect((await decide(review, 'kept', stranger)).kind).toBe('not-yours');
    expect(await campaignNow(alone)).toMatchObject({ reviewers: 'managers', reviewerIds: [] });
    expect(await campaignNow(shared)).toMatchObject({ reviewers: 'named', reviewerIds: [eva.id] });
    const noted = await stores.auditLog.list(
      { offset: 0, limit: 10 },
      { what: 'review-campaign.changed' },
    );
    expect(noted.map(({ detail }) => detail)).toContainEqual(
      expect.objectContaining({
        campaignId: alone.id,
        reviewers: 'managers',
        reviewersBefore: 'named',
        reviewerIdsBefore: mia.id,
      }),
    );
  });

  test('no one decides their own access, not even an admin', async () => {
    await has(ada, app);
    const review = await started({ reviewers: 'named', reviewerIds: [ada.id] });
    expect((await decide(review, 'kept', ada, ada)).kind).toBe('not-yours');
    expect((await itemOf(review, ada)).reviewerId).toBe(eva.id);
  });

  test('someone who gets another manager is reviewed by that one, who is asked', async () => {
    const review = await started();
    events = [];
    await change(ann, { managerId: mia.id });
    expect((await itemOf(review)).reviewerId).toBe(mia.id);
    expect(asked()).toEqual([[mia.id]]);
    expect((await decide(review, 'kept', bo)).kind).toBe('not-yours');
    expect((await decide(review, 'kept', mia)).kind).toBe('decided');
  });

  // ---------------------------------------------------------------- reminders

  test('reviewers are reminded two days before the end, once; who is away, when they are back', async () => {
    await has(mia, app);
    const review = await started({ reviewers: 'managers' });
    const away = { personId: bo.id, delegateId: mia.id, from: '2026-12-01', until: '2026-12-09' };
    await driver.transact((tx) => setDelegate(tx, away, system));
    events = [];
    await until('2026-12-07');
    expect(asked()).toEqual([]);
    await until('2026-12-08');
    await until('2026-12-09');
    expect(asked()).toEqual([[ada.id]]);
    expect(await stores.reviews.find(review.id)).toMatchObject({
      remindedAt: expect.any(Date) as Date,
    });
    await driver.transact((tx) => endDelegation(tx, bo, system));
    expect(events.at(-1)).toEqual({ kind: 'back-from-absence', personId: bo.id });
  });

  test('a review that has to be done within two days does not remind of itself as it begins', async () => {
    await started({ dueDate: '2026-11-26' });
    events = [];
    await tick();
    await until('2026-11-25', '09:00');
    await until('2026-11-26', '23:00');
    expect(asked()).toEqual([]);
  });

  // ---------------------------------------------------------------- the end

  test('at the end undecided access stays, where the review says so', async () => {
    const review = await started({ undecided: 'keep' });
    await until('2026-12-10', '23:59');
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'open' });
    await until('2026-12-11', '00:00');
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
    expect(await itemOf(review)).toMatchObject({ state: 'open' });
    expect(await stores.removals.open(ann.id, app.id)).toBeUndefined();
  });

  test('at the end undecided access is removed, where the review says so, and then it closes', async () => {
    await has(bo, app);
    const review = await started({ undecided: 'remove' });
    await decide(review, 'kept', eva, bo);
    await until('2026-12-11');
    const item = await itemOf(review);
    expect(item).toMatchObject({ state: 'revoked', decidedAt: now });
    expect(item.decidedById).toBeUndefined();
    expect(await stores.removals.open(ann.id, app.id)).toMatchObject({
      id: item.removalId,
      causes: [{ kind: 'review', id: review.id, by: system }],
    });
    expect(await itemOf(review, bo)).toMatchObject({ state: 'kept' });
    await tick();
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
    expect(events.filter(({ kind }) => kind === 'review-closed')).toHaveLength(1);
  });

  test('at the end nothing of very many people is removed before an admin says yes, and admins hear of it every week', async () => {
    for (let n = 0; n < 5; n += 1) await has(await insertPerson(stores), app);
    const review = await started({ undecided: 'remove' });
    const held = () => events.filter(({ kind }) => kind === 'review-held').length;
    await until('2026-12-11');
    await tick();
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'open', heldAt: now });
    expect(await stores.reviews.undecided(review.id)).toEqual({ people: 6, items: 6 });
    expect(held()).toBe(1);
    await until('2026-12-17');
    expect(held()).toBe(1);
    await until('2026-12-18');
    expect(held()).toBe(2);
    await decide(review, 'kept', bo); // Reviewers still decide.
    expect(await stores.removals.open(ann.id, app.id)).toBeUndefined();
    const say = () => driver.transact((tx) => releaseHeld(tx, review.id, system));
    expect([await say(), await say()]).toEqual([true, false]);
    await tick();
    expect(await stores.reviews.counts(review.id)).toMatchObject({ open: 0, kept: 1, revoked: 5 });
    await tick();
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
  });

  test('hundreds are removed one by one, and one that fails stops neither the others nor the tick', async () => {
    const people: Person[] = [];
    for (let n = 0; n < 30; n += 1) people.push(await insertPerson(stores));
    for (const person of people) await has(person, app);
    const review = await started({ undecided: 'remove' });
    now = new Date('2026-12-11T10:00:00.000Z');
    await tick();
    await driver.transact((tx) => releaseHeld(tx, review.id, system));
    const errors: unknown[] = [];
    const broken = people[3]?.id;
    await fireDue(
      {
        ...driver,
        transact: (work) =>
          driver.transact((tx) =>
            work({
              ...tx,
              removals: {
                ...tx.removals,
                insert: async (removal) => {
                  if (removal.personId === broken) throw new Error('A row is damaged');
                  return tx.removals.insert(removal);
                },
              },
            }),
          ),
        sources: reviewSources({ timeZone: 'UTC' }),
        onError: (error) => errors.push(error),
      },
      now,
    );
    expect(errors).toHaveLength(1);
    const left = await stores.reviews.items(review.id, { state: 'open' }, whole);
    expect(left.items.map(({ personId }) => personId)).toEqual([broken]);
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'open' });
    await tick();
    await tick();
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
  });

  test('what nobody could decide, since it is the own access of the only admin, stays', async () => {
    await stores.people.save({ ...eva, active: false });
    await has(ada, app);
    const review = await started({ undecided: 'remove', scope: { integrationIds: [app.id] } });
    await decide(review, 'kept', bo);
    await until('2026-12-11');
    await tick();
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
    expect(await stores.removals.open(ada.id, app.id)).toBeUndefined();
  });

  test('at the end admins get what is undecided, where the review says so, until they have decided', async () => {
    await has(ada, app);
    const review = await started({ undecided: 'admins' });
    events = [];
    await until('2026-12-11');
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'open', escalatedAt: now });
    expect((await itemOf(review)).reviewerId).toBe(ada.id);
    expect((await itemOf(review, ada)).reviewerId).toBe(eva.id); // Never their own.
    expect(asked().flat().toSorted()).toEqual([ada.id, eva.id].toSorted());
    events = [];
    await until('2026-12-12');
    expect(asked()).toEqual([]);
    await until('2026-12-18', '10:30');
    expect(asked()).toHaveLength(1); // A week later.
    await decide(review, 'revoked', ada);
    await decide(review, 'kept', eva, ada);
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
  });

  test('what admins got ends, too, where the last two are decided at the same moment', async () => {
    await has(mia, app);
    const review = await started({ undecided: 'admins' });
    await until('2026-12-11');
    // Each decision saw the item of the other one open, so neither closed the review.
    for (const person of [ann, mia]) {
      const item = await itemOf(review, person);
      await stores.reviews.replaceOpen({ ...item, state: 'kept', decidedById: ada.id });
    }
    await until('2026-12-12');
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
  });

  test('an admin who is away comes after the others', async () => {
    const review = await started({ undecided: 'admins' }, mia);
    const first = firstOf(await stores.people.admins());
    const away = {
      personId: first.id,
      delegateId: mia.id,
      from: '2026-12-01',
      until: '2026-12-31',
    };
    await driver.transact((tx) => setDelegate(tx, away, system));
    await until('2026-12-11');
    const reviewerId = [ada.id, eva.id].find((id) => id !== first.id);
    expect((await itemOf(review)).reviewerId).toBe(reviewerId);
  });

  test('whether an admin is away depends on the day where they are', async () => {
    const review = await started({ undecided: 'admins' }, mia);
    const [first, second] = await stores.people.admins();
    if (!first || !second) throw new Error('There are two admins');
    // It is the 11th at 00:30 in the installation, and still the 10th where she is.
    await stores.people.save({ ...first, timeZone: 'America/New_York' });
    const away = { personId: first.id, delegateId: mia.id };
    const days = { from: '2026-12-01', until: '2026-12-10' };
    await driver.transact((tx) => setDelegate(tx, { ...away, ...days }, system));
    await until('2026-12-11', '00:30');
    expect((await itemOf(review)).reviewerId).toBe(second.id);
  });

  test('an admin who is away comes after the others, also where they run the review', async () => {
    const review = await started({ undecided: 'admins' });
    const away = { personId: ada.id, delegateId: mia.id, from: '2026-12-01', until: '2026-12-31' };
    await driver.transact((tx) => setDelegate(tx, away, system));
    await until('2026-12-11');
    expect((await itemOf(review)).reviewerId).toBe(eva.id);
  });

  test('at the end nothing is removed at an app that was deleted with its access kept, nor of a leaver', async () => {
    const kept = await integration('Lodestone');
    await has(ann, kept);
    await has(mia, app);
    const review = await started({ undecided: 'remove' });
    await driver.transact((tx) => deleteIntegration(tx, kept, { access: 'keep', actor: system }));
    await stores.people.save({ ...mia, active: false });
    // Its end comes before the job that would have looked at the review again.
    await until('2026-12-11');
    expect(await itemOf(review, ann, kept)).toMatchObject({ state: 'lapsed' });
    expect(await itemOf(review, mia)).toMatchObject({ state: 'lapsed' });
    expect(await stores.removals.open(ann.id, kept.id)).toBeUndefined();
    expect(await stores.removals.open(mia.id, app.id)).toBeUndefined();
    expect(await itemOf(review)).toMatchObject({ state: 'revoked' });
    await tick();
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
  });

  test('what is being removed is not kept, and what is revoked joins that removal', async () => {
    await has(mia, app);
    const review = await started();
    for (const person of [ann, mia])
      await driver.transact((tx) =>
        beginRemoval(tx, { person, integration: app, cause: { kind: 'revoked' }, actor: system }),
      );
    expect((await decide(review, 'kept', bo)).kind).toBe('removing');
    expect(await itemOf(review)).toMatchObject({ state: 'open' });
    expect((await decide(review, 'revoked', ada, mia)).kind).toBe('decided');
    const removal = await stores.removals.open(mia.id, app.id);
    expect(removal?.causes.map(({ kind }) => kind)).toEqual(['revoked', 'review']);
    expect((await itemOf(review, mia)).removalId).toBe(removal?.id);
  });

  // ---------------------------------------------------------------- damaged rows

  const damage = ({ id }: Person) =>
    driver.db('people').where({ id }).update({ stored: 'no JSON' });

  test('someone whose facts are damaged is reviewed as everyone else, and so are the others', async () => {
    await has(mia, app);
    for (const person of [ann, bo, ada]) await damage(person);
    const review = await started();
    expect((await itemOf(review)).reviewerId).toBe(bo.id);
    expect((await itemOf(review, mia)).reviewerId).toBe(ada.id);
    expect((await decide(review, 'kept', bo)).kind).toBe('decided');
    expect((await decide(review, 'revoked', eva, mia)).kind).toBe('decided');
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
  });

  test('what is undecided of someone whose facts are damaged is removed, too, and the review ends', async () => {
    await damage(ann);
    const review = await started({ undecided: 'remove' });
    await until('2026-12-11');
    await tick();
    expect(await itemOf(review)).toMatchObject({ state: 'revoked' });
    expect(await stores.removals.open(ann.id, app.id)).toBeDefined();
    expect(await stores.reviews.find(review.id)).toMatchObject({ state: 'closed' });
  });

  test('someone whose facts are damaged stops no one else from being re-evaluated', async () => {
    await has(mia, app);
    const review = await started();
    await damage(mia);
    await stores.people.save({ ...ann, managerId: eva.id });
    await reevaluateReviews({ integrationId: app.id }, driver);
    expect((await itemOf(review)).reviewerId).toBe(eva.id);
  });

  // ---------------------------------------------------------------- what its cards and files read

  test('all items are read a few at once, each once', async () => {
    for (let n = 0; n < 255; n += 1) await has(await insertPerson(stores), app);
    const review = await started();
    await advanceReview(review.id, driver.transact);
    await decide(review, 'kept', bo);
    const read = async (state?: ReviewItem['state']) => {
      const batches: (readonly ReviewItem[])[] = [];
      for await (const batch of itemBatches(stores, review.id, state)) batches.push(batch);
      return batches.map((batch) => batch.map(({ personId }) => personId));
    };
    const all = await read();
    expect(all.map(({ length }) => length)).toEqual([250, 6]);
    expect(new Set(all.flat()).size).toBe(256);
    expect((await read('open')).flat()).toHaveLength(255);
    expect(await read('kept')).toEqual([[ann.id]]);
  });

  test('items are searched by words of people and apps, and counted by state and reviewer', async () => {
    const lodestone = await integration('Lodestone');
    await has(ann, lodestone);
    const zoe = await insertPerson(stores, { firstName: 'Zoë', managerId: mia.id });
    await has(zoe, app);
    const review = await started();
    const found = async (text: string) =>
      (await stores.reviews.items(review.id, { text }, whole)).items.length;
    expect([await found('zoe'), await found('ANN'), await found('lode'), await found('%')]).toEqual(
      [1, 2, 1, 0],
    );
    expect(
      (await stores.reviews.items(review.id, { reviewerId: bo.id, text: 'lode' }, whole)).total,
    ).toBe(1);
    await decide(review, 'kept', bo);
    expect(await stores.reviews.counts(review.id)).toEqual({
      open: 2,
      kept: 1,
      revoked: 0,
      lapsed: 0,
    });
    const parts = await stores.reviews.parts(review.id, whole);
    expect(new Set(parts.parts)).toEqual(
      new Set([
        { reviewerId: bo.id, total: 2, open: 1 },
        { reviewerId: mia.id, total: 1, open: 1 },
      ]),
    );
    expect(parts.total).toBe(2);
    expect((await stores.reviews.parts(review.id, { offset: 1, limit: 1 })).parts).toHaveLength(1);
  });

  test('the latest sign-in that an app lists is known, and nothing where it says nothing', async () => {
    const seen = { integrationId: app.id, roundId: 'round', at: start, newId };
    const rows = [
      { key: '1', name: 'Ann', lastLogin: new Date(start.getTime() - 9 * DAY) },
      { key: '2', name: 'Ann too', lastLogin: new Date(start.getTime() - 2 * DAY) },
      { key: '3', name: 'Bo' },
    ];
    await stores.listedAccounts.put(rows, seen);
    const listed = await stores.listedAccounts.ofRound('round', '', 9);
    for (const account of listed)
      await stores.listedAccounts.adopt(account.id, account.key === '3' ? bo.id : ann.id);
    expect(await stores.listedAccounts.lastLogins([ann.id, bo.id, mia.id])).toEqual([
      { personId: ann.id, integrationId: app.id, at: new Date(start.getTime() - 2 * DAY) },
    ]);
  });
}
