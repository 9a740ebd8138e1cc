import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Removal } from '../../../src/engine/access/removals/removal.ts';
import type { AccessState } from '../../../src/engine/people/directory.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import type { AccessRequest, RequestContent } from '../../../src/engine/requests/access-request.ts';
import type { ReviewItem } from '../../../src/engine/reviews/review.ts';
import type { Task } from '../../../src/engine/tasks/task.ts';
import { present } from '../../support/given/outcomes.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const hoursAfter = (hours: number) => new Date(noon.getTime() + hours * 60 * 60_000);
const later = new Date('2026-11-24T13:00:00.000Z');
const whole = { offset: 0, limit: 100 };
const asked: RequestContent = {
  reason: 'A project',
  form: { team: 'design', roles: ['a', 'b'] },
  answers: [{ label: 'Team', value: 'Design' }],
  facts: { github: 'ann' },
};

/** What every database must do with requests, tasks, delegations, offboardings and reviews. */
export function accessLifeContract(begin: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: Stores;
  beforeEach(async () => {
    driver = await begin(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const someIntegration = async (): Promise<string> => (await insertIntegration(stores)).id;
  const someone = async (): Promise<string> => (await insertPerson(stores)).id;

  async function someRequest(about: Partial<AccessRequest> = {}): Promise<AccessRequest> {
    const personId = about.personId ?? (await someone());
    const integrationId = about.integrationId ?? (await someIntegration());
    const request = {
      id: newId(),
      version: 1,
      kind: 'grant',
      requestedById: personId,
      createdAt: noon,
      state: 'open',
      ...about,
      personId,
      integrationId,
    } as AccessRequest;
    expect(await stores.requests.insert(request, asked)).toBe('inserted');
    return request;
  }

  async function someTask(about: Partial<Task> = {}): Promise<Task> {
    const task = {
      id: newId(),
      version: 1,
      kind: 'grant',
      title: 'Give Ann a badge',
      personId: about.personId ?? (await someone()),
      createdAt: noon,
      comments: [],
      state: 'open',
      ...about,
    } as Task;
    await stores.tasks.insert(task);
    return task;
  }

  describe('requests', () => {
    test('what was asked comes back as it was', async () => {
      const request = await someRequest({ hours: 30 * 24, remindedAt: noon, escalatedAt: later });
      expect(await stores.requests.find(request.id)).toEqual(request);
      expect(await stores.requests.content(request.id)).toEqual(asked);
    });

    test('one person has one open request at an integration, and another when it is decided', async () => {
      const request = await someRequest();
      const second: AccessRequest = { ...request, id: newId() };
      expect(await stores.requests.insert(second, asked)).toBe('taken');
      expect(await stores.requests.openFor(request.personId, request.integrationId)).toEqual(
        request,
      );
      const denied: AccessRequest = { ...request, state: 'denied', decidedAt: later };
      expect(await stores.requests.save(denied)).toEqual({ ...denied, version: 2 });
      expect(await stores.requests.insert(second, asked)).toBe('inserted');
    });

    test('of two decisions on the same version one is stale', async () => {
      const request = await someRequest();
      await stores.requests.save({ ...request, state: 'denied', decidedAt: later });
      await expect(
        stores.requests.save({ ...request, state: 'withdrawn', decidedAt: later }),
      ).rejects.toThrow(StaleWrite);
    });

    test('an approved one names what it started', async () => {
      const request = await someRequest();
      const approved = { ...request, state: 'approved', decidedAt: later, runId: 'r' } as const;
      await stores.requests.save(approved);
      expect(await stores.requests.find(request.id)).toEqual({ ...approved, version: 2 });
    });

    test('they are listed newest first, narrowed by who asked, for whom, where, how it stands and who is asked', async () => {
      const first = await someRequest();
      const second = await someRequest({ createdAt: later });
      const boss = await someone();
      await stores.requests.setApprovers(first.id, { all: [boss, boss] });
      const list = async (filter: Parameters<Stores['requests']['list']>[0]) =>
        (await stores.requests.list(filter, whole)).requests.map(({ id }) => id);
      expect(await list({})).toEqual([second.id, first.id]);
      expect(await list({ approverId: boss })).toEqual([first.id]);
      expect(await list({ waitsForId: boss })).toEqual([first.id]);
      expect(await list({ requestedById: second.requestedById })).toEqual([second.id]);
      expect(await list({ personIds: [first.personId] })).toEqual([first.id]);
      expect(await list({ personIds: [] })).toEqual([]);
      expect(await list({ integrationId: second.integrationId, state: 'open' })).toEqual([
        second.id,
      ]);
      expect(await list({ state: 'denied' })).toEqual([]);
      expect((await stores.requests.list({}, { offset: 1, limit: 1 })).total).toBe(2);
    });

    test('approvers are replaced as a whole', async () => {
      const request = await someRequest();
      const [a, b] = [await someone(), await someone()];
      await stores.requests.setApprovers(request.id, { all: [a] });
      await stores.requests.setApprovers(request.id, { all: [b] });
      expect(await stores.requests.approvers(request.id)).toEqual([b]);
    });

    test('a request waits for those of its approvers who can press', async () => {
      const request = await someRequest();
      const [said, open] = [await someone(), await someone()];
      await stores.requests.setApprovers(request.id, { all: [said, open], waiting: [open] });
      const waiting = async (waitsForId: string) =>
        (await stores.requests.list({ waitsForId }, whole)).total;
      expect(await Promise.all([said, open, await someone()].map(waiting))).toEqual([0, 1, 0]);
      expect(await stores.requests.approvers(request.id, { waiting: true })).toEqual([open]);
      expect(await stores.requests.approvers(request.id)).toEqual([said, open].toSorted());
    });

    test('everybody gives one verdict, and a later one takes its place', async () => {
      const request = await someRequest();
      const verdict = {
        requestId: request.id,
        personId: await someone(),
        verdict: 'approve',
        at: noon,
        via: 'slack',
      } as const;
      await stores.requests.putVerdict({ ...verdict, hours: 4 });
      expect(await stores.requests.verdicts(request.id)).toEqual([{ ...verdict, hours: 4 }]);
      const denied = { ...verdict, verdict: 'deny', reason: 'Not now' } as const;
      await stores.requests.putVerdict(denied);
      expect(await stores.requests.verdicts(request.id)).toEqual([denied]);
    });

    test('open ones are found by their age, one after another', async () => {
      const old = await someRequest();
      await someRequest({ createdAt: later });
      const day = hoursAfter(24);
      expect(await stores.requests.undecided(day)).toEqual([old]);
      expect(await stores.requests.undecided(day, old.id)).toEqual([]);
    });

    test('an open one for hours is found after an hour, others after a day', async () => {
      const short = await someRequest({ hours: 4 });
      await someRequest({ hours: 24 });
      await someRequest();
      expect(await stores.requests.undecided(hoursAfter(0.9))).toEqual([]);
      expect(await stores.requests.undecided(hoursAfter(1))).toEqual([short]);
    });

    test.each([4, 36, 48])('a request for %i hours comes back as one', async (hours) => {
      const request = await someRequest({ hours });
      expect(await stores.requests.find(request.id)).toEqual(request);
    });
  });

  describe('tasks', () => {
    test('a task comes back as it was, with its comments', async () => {
      const task = await someTask({ note: 'In the cellar', hours: 30 * 24, dueDate: '2026-12-01' });
      const comments = [{ personId: task.personId, at: later, text: 'On my way' }];
      const done = { ...task, comments, state: 'done', endedAt: later } as const;
      await stores.tasks.save(done);
      expect(await stores.tasks.find(task.id)).toEqual({ ...done, version: 2 });
      await expect(stores.tasks.save(task)).rejects.toThrow(StaleWrite);
    });

    test('they are narrowed by assignee, by having none, by person and by state', async () => {
      const assigneeId = await someone();
      const mine = await someTask({ assigneeId });
      const anybodys = await someTask({ state: 'cancelled', endedAt: noon });
      const list = async (filter: Parameters<Stores['tasks']['list']>[0]) =>
        (await stores.tasks.list(filter, whole)).tasks.map(({ id }) => id);
      expect(await list({ assigneeId })).toEqual([mine.id]);
      expect(await list({ unassigned: true })).toEqual([anybodys.id]);
      expect(await list({ notAssigneeId: assigneeId })).toEqual([anybodys.id]);
      expect(await list({ notAssigneeId: mine.personId })).toEqual([mine.id, anybodys.id]);
      expect(await list({ personId: mine.personId, state: 'open' })).toEqual([mine.id]);
      expect(await list({ assigneeId, unassigned: true })).toEqual([mine.id, anybodys.id]);
    });

    test('those about the reports of a manager are found, as long as they report to them and are here', async () => {
      const managerId = await someone();
      const list = async () =>
        (await stores.tasks.list({ managerId }, whole)).tasks.map(({ id }) => id);
      const { id, personId } = await someTask();
      await someTask();
      expect(await list()).toEqual([]);
      const report = present(await stores.people.find(personId));
      const reporting = await stores.people.save({ ...report, managerId });
      expect(await list()).toEqual([id]);
      await stores.people.save({ ...reporting, active: false });
      expect(await list()).toEqual([]);
    });

    test('those that someone sees, as assignee or manager, come page by page, the newest first', async () => {
      const readerId = await someone();
      const assigned = await someTask({ assigneeId: readerId });
      const { id, personId } = await someTask();
      await someTask();
      const report = present(await stores.people.find(personId));
      await stores.people.save({ ...report, managerId: readerId });
      const seen = async (taskId: string | undefined, limit: number) =>
        (await stores.tasks.before(taskId, limit, { seenById: readerId })).map((each) => each.id);
      expect(await seen(undefined, 9)).toEqual([id, assigned.id]);
      expect(await seen(undefined, 1)).toEqual([id]);
      expect(await seen(id, 9)).toEqual([assigned.id]);
    });

    test('open ones come before those that are over', async () => {
      const personId = await someone();
      const done = await someTask({ personId, state: 'done', endedAt: noon });
      const open = await someTask({ personId, createdAt: later });
      const { tasks } = await stores.tasks.list({ personId }, whole);
      expect(tasks.map(({ id }) => id)).toEqual([open.id, done.id]);
    });

    test('due ones are found until someone was reminded', async () => {
      const due = await someTask({ dueDate: '2026-11-24' });
      await someTask({ dueDate: '2026-11-25' });
      await someTask();
      expect(await stores.tasks.dueBy('2026-11-24', noon)).toEqual([due]);
      await stores.tasks.save({ ...due, remindedAt: noon });
      expect(await stores.tasks.dueBy('2026-11-24', noon)).toEqual([]);
      expect(await stores.tasks.dueBy('2026-11-24', later)).toHaveLength(1);
    });
  });

  test('people who start soon are found, the soonest first', async () => {
    const [first, second, last] = [await someone(), await someone(), await someone()];
    const starts = { [second]: '2026-12-02', [first]: '2026-12-01', [last]: '2026-12-20' };
    for (const [id, startDate] of Object.entries(starts)) {
      const person = await stores.people.find(id);
      if (person) await stores.people.save({ ...person, startDate });
    }
    const found = await stores.people.startingBetween('2026-12-01', '2026-12-14', whole);
    expect(found.people.map(({ id }) => id)).toEqual([first, second]);
    expect(found.total).toBe(2);
  });

  test('a delegation takes the place of the one before', async () => {
    const [personId, delegateId] = [await someone(), await someone()];
    const delegation = { personId, delegateId, from: '2026-12-01', until: '2026-12-10' };
    await stores.delegations.put({ ...delegation, until: '2026-12-02' });
    await stores.delegations.put(delegation);
    expect(await stores.delegations.of(personId)).toEqual(delegation);
    expect(await stores.delegations.to(delegateId)).toEqual([delegation]);
    const days = { from: '2026-12-01', until: '2026-12-02' };
    expect(await stores.delegations.beginning(days, '')).toEqual([delegation]);
    expect(await stores.delegations.beginning(days, personId)).toEqual([]);
    expect(await stores.delegations.beginning({ ...days, from: days.until }, '')).toEqual([]);
    expect(await stores.delegations.endedBefore('2026-12-11', '')).toEqual([delegation]);
    expect(await stores.delegations.endedBefore('2026-12-11', personId)).toEqual([]);
    expect(await stores.delegations.endedBefore('2026-12-10', '')).toEqual([]);
    expect(await stores.delegations.delete({ ...delegation, until: '2026-12-09' })).toBe(false);
    expect(await stores.delegations.delete(delegation)).toBe(true);
    expect(await stores.delegations.of(personId)).toBeUndefined();
  });

  test('a person has one offboarding at a time, whose items are kept by integration', async () => {
    const offboarding = {
      id: newId(),
      version: 1,
      personId: await someone(),
      state: 'planned' as const,
      endDate: '2026-12-31',
      createdAt: noon,
    };
    expect(await stores.offboardings.insert(offboarding)).toBe('inserted');
    expect(await stores.offboardings.insert({ ...offboarding, id: newId() })).toBe('taken');
    const offboardingId = offboarding.id;
    const gone = { personId: offboarding.personId, integrationId: await someIntegration() };
    const removal: Removal = {
      ...gone,
      id: newId(),
      version: 1,
      state: 'waiting',
      causes: [],
      beganAt: noon,
      tries: 0,
      dueAt: noon,
    };
    await stores.removals.insert(removal);
    const removed = { offboardingId, integrationId: gone.integrationId, removalId: removal.id };
    const named = { offboardingId, integrationId: await someIntegration() };
    await stores.offboardings.insertItems([removed, named]);
    const items = await stores.offboardings.items(offboardingId);
    expect(items).toHaveLength(2);
    expect(items).toEqual(expect.arrayContaining([removed, named]));
    const { offboardings, total } = await stores.offboardings.list('planned', whole);
    expect([offboardings, total]).toEqual([[offboarding], 1]);
    await stores.offboardings.save({ ...offboarding, state: 'done', endedAt: later });
    expect(await stores.offboardings.current(offboarding.personId)).toBeUndefined();
    expect(await stores.offboardings.last(offboarding.personId)).toMatchObject({ state: 'done' });
    // The clock was ahead when they left the first time.
    const createdAt = new Date(offboarding.createdAt.getTime() - 1);
    const next = { ...offboarding, id: newId(), createdAt };
    expect(await stores.offboardings.insert(next)).toBe('inserted');
    expect(await stores.offboardings.last(offboarding.personId)).toEqual(next);
  });

  test('an item of a review is decided once', async () => {
    const review = {
      id: newId(),
      version: 1,
      name: 'Autumn',
      startedById: await someone(),
      state: 'open' as const,
      createdAt: noon,
      dueDate: '2026-12-10',
      reviewers: 'named' as const,
      reviewerIds: ['someone'],
      undecided: 'admins' as const,
      escalatedAt: noon,
      campaignId: 'a-campaign',
    };
    await stores.reviews.insert(review);
    const item: ReviewItem = {
      reviewId: review.id,
      personId: await someone(),
      integrationId: await someIntegration(),
      reviewerId: review.startedById,
      state: 'open',
    };
    await stores.reviews.insertItems([item]);
    expect(await stores.reviews.openReviewers(review.id)).toEqual([review.startedById]);
    expect(await stores.reviews.waitingFor(review.startedById)).toEqual([{ review, open: 1 }]);
    expect(await stores.reviews.waitingFor(item.personId)).toEqual([]);
    const { personId, reviewerId, integrationId } = item;
    for (const id of [personId, reviewerId])
      expect(await stores.reviews.openItemsOf(id)).toEqual([item]);
    expect(await stores.reviews.openItemsOf(integrationId)).toEqual([]);
    expect(await stores.reviews.openReviewsAt(integrationId)).toEqual([review.id]);
    expect(await stores.reviews.openItemsAt(review.id, integrationId, '')).toEqual([item]);
    expect(await stores.reviews.openItemsAt(review.id, integrationId, personId)).toEqual([]);
    const kept: ReviewItem = {
      ...item,
      state: 'kept',
      decidedById: item.reviewerId,
      decidedAt: later,
    };
    expect(await stores.reviews.replaceOpen(kept)).toBe(true);
    expect(await stores.reviews.replaceOpen({ ...kept, state: 'revoked' })).toBe(false);
    expect(await stores.reviews.findItem(item.reviewId, item.personId, item.integrationId)).toEqual(
      kept,
    );
    expect(await stores.reviews.openItemsOf(personId)).toEqual([]);
    expect(await stores.reviews.openReviewsAt(integrationId)).toEqual([]);
    const found = await stores.reviews.items(review.id, { state: 'open' }, whole);
    expect(found).toEqual({ items: [], total: 0 });
    expect((await stores.reviews.list(whole)).reviews).toEqual([review]);
  });

  test('what a check has found meanwhile stays where a write may make an account', async () => {
    const integrationId = await someIntegration();
    const access = { integrationId, reason: '', since: noon, checkedAt: noon };
    const stateOf = async (found: AccessState | undefined) => {
      const personId = await someone();
      if (found) await stores.access.put({ ...access, personId, state: found });
      await stores.access.putUnlessHas({ ...access, personId, state: 'unknown' });
      return (await stores.access.find(personId, integrationId))?.state;
    };
    expect(await stateOf('has')).toBe('has');
    expect(await stateOf('none')).toBe('unknown');
    expect(await stateOf(undefined)).toBe('unknown');
  });

  test('who has access at an integration is read page by page', async () => {
    const integrationId = await someIntegration();
    const people = [await someone(), await someone(), await someone()].toSorted();
    const access = { integrationId, reason: '', since: noon, checkedAt: noon };
    await stores.access.put({ ...access, personId: people[0] ?? '', state: 'has' });
    await stores.access.put({ ...access, personId: people[1] ?? '', state: 'none' });
    await stores.access.put({ ...access, personId: people[2] ?? '', state: 'unknown' });
    const ids = async (after?: string) =>
      (await stores.access.holdersAt(integrationId, after)).map(({ personId }) => personId);
    expect(await ids()).toEqual([people[0], people[2]]);
    expect(await ids(people[0])).toEqual([people[2]]);
    const held = await stores.access.heldBy(people.slice(1));
    expect(held).toEqual([
      { personId: people[2], integrationId, state: 'unknown', since: noon, checkedAt: noon },
    ]);
    const other = async (except: string) =>
      (await stores.access.askedLeastLately(integrationId, except))?.personId;
    expect(await other(people[1] ?? '')).toBe(people[0]);
    expect(await other(people[0] ?? '')).toBeUndefined();
  });

  test('the audit log is narrowed by person, integration, kind and time', async () => {
    const entry = {
      id: newId(),
      at: noon,
      actor: { kind: 'system' as const },
      what: 'grant.started',
    };
    await stores.auditLog.add({ ...entry, personId: 'ann', integrationId: 'asana' });
    await stores.auditLog.add({
      ...entry,
      id: newId(),
      at: later,
      actor: { kind: 'person', personId: 'ann', via: 'slack' },
      what: 'secrets.set',
    });
    const list = async (filter: Parameters<Stores['auditLog']['list']>[1]) =>
      (await stores.auditLog.list(whole, filter)).map(({ what }) => what);
    expect(await list({ personId: 'ann' })).toEqual(['secrets.set', 'grant.started']);
    expect(await list({ integrationId: 'asana' })).toEqual(['grant.started']);
    expect(await list({ what: 'secrets' })).toEqual(['secrets.set']);
    expect(await list({ from: later })).toEqual(['secrets.set']);
    expect(await list({ before: later })).toEqual(['grant.started']);
    expect(await stores.auditLog.count({ personId: 'ann' }, 100)).toBe(2);
  });
}
