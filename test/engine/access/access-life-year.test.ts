/**
 * A year of everything that happens to access because its time has come: each thing on its day, once, though three
 * processes look at the same time, come and go, and one is killed in the middle now and then.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addDays } from '../../../src/core/days.ts';
import { cancelOffboarding, planOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { setDelegate } from '../../../src/engine/requests/absences.ts';
import { type AccessRequest, policyKey } from '../../../src/engine/requests/access-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { decideItem } from '../../../src/engine/reviews/reviews.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { policyOf } from '../../../src/engine/settings/settings.ts';
import { finishTask } from '../../../src/engine/tasks/manual.ts';
import { liveThrough } from '../../support/company/living.ts';
import {
  Killed,
  type SimulatedCompany,
  simulatedCompany,
} from '../../support/company/simulated-company.ts';
import {
  addedIntegration,
  addedManual,
  addedPerson,
  requested,
} from '../../support/given/added.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const newYear = new Date('2026-01-01T00:00:00Z');
const nextYear = new Date('2027-01-01T00:00:00Z');
const daysSince = (now: Date) => Math.floor((now.getTime() - newYear.getTime()) / DAY);

const EXISTS = 'https://asana.example/members?who={{email}}';
const manifest = JSON.stringify({
  exists: { url: EXISTS, method: 'GET', expected: '{{email}}' },
  execute: [{ url: EXISTS, method: 'POST' }],
  revoke: [{ url: EXISTS, method: 'DELETE' }],
});

let company: SimulatedCompany;
let people: ReadonlyMap<string, Person>;
let asana: Integration;
let badge: Integration;
/** What people do, and when. */
let diary: { readonly at: Date; readonly what: () => Promise<unknown> }[];

beforeEach(async () => {
  company = await simulatedCompany(newYear);
  diary = [];
  const { transact } = company;
  const added = new Map<string, Person>();
  for (const [name, more] of [
    ['ada', { role: 'admin' }],
    ['bo', {}],
    ['di', {}],
    ...['ann', 'ben', 'cleo', 'dora', 'eve', 'fay'].map(
      (report) => [report, { managerEmail: mail('bo') }] as const,
    ),
  ] as const) {
    const outcome = await addedPerson(transact, { email: mail(name), ...more });
    added.set(name, outcome);
  }
  people = added;
  asana = await addedIntegration(transact, { manifest });
  badge = await addedManual(transact);
});
afterEach(() => company.cleanup());

test('over a year, with three processes that come and go, everything happens on its day and once', async () => {
  // Requests that nobody decides, one in winter and one in summer; Bo is away for a part of July.
  for (const month of MONTHS) on(`2026-${month}-05`, () => ask('ann', asana));
  on('2026-06-20', () => beAwayFor('bo', 'di', '2026-07-01', '2026-07-14'));
  on('2026-06-29', () => ask('cleo', asana));
  // Limited access: one that can't be revoked for a week, one that is extended, one that ends in the dark.
  on('2026-01-31', () => askAndApprove('ben', asana, 30));
  on('2026-03-01', async () => void (company.isDown = true));
  on('2026-03-05', async () => void (company.isDown = false));
  on('2026-04-01', () => askAndApprove('cleo', asana, 30));
  on('2026-05-01', () => askAndApprove('cleo', asana, 10));
  on('2026-06-25', () => askAndApprove('eve', asana, 30));
  // A review of what two people have for good.
  on('2026-08-10', () => askAndApprove('dora', asana));
  on('2026-08-10', () => askAndApprove('eve', asana));
  on('2026-09-01', review);
  on('2026-09-05', keepEve);
  // Offboardings: one as planned, one that is moved, one that is cancelled.
  on('2026-09-20', () => offboard('dora', '2026-09-30'));
  on('2026-09-20', () => offboard('eve', '2026-10-10'));
  on('2026-09-20', () => offboard('fay', '2026-12-01'));
  on('2026-10-09', () => offboard('eve', '2026-11-10'));
  on('2026-11-30', stay);
  // Something that is done by hand, late.
  on('2026-11-16', () => askAndApprove('fay', badge));
  on('2026-11-28', doTask);

  const each = (day: string) => MONTHS.map((month) => `${month}-${day}`);
  // While Bo is away, Di alone is reminded.
  const reminded = each('06').filter((day) => day !== '07-06');
  const told = {
    // Ann's are asked and reminded of a day later; then what Bo approves at once, then Cleo's.
    'bo: request': days(...each('05'), ...reminded, ...BO_APPROVES, '06-29', '06-30'),
    'ada: request': days(...each('08'), '07-02'),
    // What nobody decided expired after two weeks; of access that lasts longer, only the request tells.
    'ann: request': days(...each('19')),
    'cleo: request': '05-01 07-13',
    'di: delegate-notice': '06-20',
    'di: request': days('07-01', '07-05', '07-06'),
    'ben: access-notice': '01-31',
    'ben: hold': '02-27 03-05', // Warned; gone when the third party was up again.
    'ada: stuck-removals': '03-03', // One card for all tries.
    'cleo: access-notice': '04-01',
    // Warned of both ends, and told of the second one: it ends at the minute of that day's tick, so by then or by the next.
    'cleo: hold': expect.stringMatching(/^04-28 05-08 05-1[12]$/) as unknown,
    'eve: access-notice': '06-25 08-10',
    'eve: hold': '08-03', // It ended while nobody looked: no warning, and the end when they did.
    'dora: access-notice': '08-10',
    'bo: review': '09-01 09-13',
    'ada: review-report': '09-16',
    // Begun and done, of Dora and of Eve; their manager is notified, too.
    'ada: offboarding': '10-01 10-01 11-11 11-11',
    'bo: offboarding': '10-01 10-01 11-11 11-11',
    'bo: task': '11-16 11-19 11-23 11-26',
    'ada: task': '11-26', // Overdue by a week.
    'fay: request': '11-16', // Approved; someone grants it by hand.
    'fay: task-notice': '11-28',
  };

  const processes = [
    { due: company.process('now and then'), isUp: (now: Date) => daysSince(now) % 3 !== 0 },
    { due: company.process(), isUp: (now: Date) => daysSince(now) % 5 !== 0 },
    { due: company.process(), isUp: (now: Date) => now.getUTCHours() >= 12 },
  ].map(({ due, isUp }) => ({
    due,
    // A fortnight without any of them, from 20 July on.
    isUp: (now: Date) => (daysSince(now) < 200 || daysSince(now) >= 214) && isUp(now),
  }));
  const before = async (now: Date) => {
    company.now = now;
    for (const { what } of diary.filter(({ at }) => at.getTime() === now.getTime())) await what();
    await company.work();
  };
  const eventful = JSON.stringify([...diary.map(({ at }) => at.toISOString().slice(5, 10)), told]);
  const ofCleo = ['04-28', '05-08', '05-11']; // Which `told` has as a pattern.
  const isEventful = withTheDayBefore([...(eventful.match(/\b\d\d-\d\d\b/g) ?? []), ...ofCleo]);
  const time = { from: newYear, to: nextYear, everyMs: 12 * HOUR, before, isLookedAt: isEventful };
  await liveThrough(time, processes);

  expect(whatWasTold()).toEqual(told);
  expect(await whatHappened()).toMatchObject({
    'request.escalated': 3,
    'request.expired': 3,
    'review.closed': 1,
    'offboarding.started': 2,
    'offboarding.done': 2,
    'person.deactivated': 2,
    'removal.begun': 5, // Of Ben, Cleo, Dora, and twice of Eve.
    'removal.gone': 5,
    'run.failed': 4, // Of Ben's revoke.
  });
  expect([...company.members]).toEqual([]);
  expect(company.errors.filter((error) => !(error instanceof Killed))).toEqual([]);
  expect(company.errors.length).toBeGreaterThan(5); // It was killed indeed.
}, 180_000); // Fifteen seconds, on a machine that does nothing else.

const mail = (name: string): string => `${name}@example.com`;
const nameOf = (id: string): string => [...people].find(([, known]) => known.id === id)?.[0] ?? id;

const on = (day: string, what: () => Promise<unknown>): void =>
  void diary.push({ at: new Date(day), what });

/** As they are now. */
async function person(name: string): Promise<Person> {
  const found = await company.stores.people.find(people.get(name)?.id ?? '');
  if (!found) throw new Error(`There is no ${name}`);
  return found;
}

const by = ({ id: personId }: Person) => ({ kind: 'person', personId, via: 'slack' }) as const;

async function ask(name: string, integration: Integration, days?: number): Promise<AccessRequest> {
  const requester = await person(name);
  const content = { reason: '', form: {}, answers: [], facts: {} };
  const wish = { actor: by(requester), requester, person: requester, integration, content };
  return requested(company.transact, { ...wish, ...(days !== undefined && { hours: days * 24 }) });
}

async function askAndApprove(name: string, integration: Integration, days?: number): Promise<void> {
  const { id: requestId } = await ask(name, integration, days);
  const bo = await person('bo');
  const say = { requestId, verdict: 'approve', rules: policyKey(policyOf(integration)) } as const;
  const decided = await company.transact((tx) =>
    decideRequest(tx, { ...say, by: bo, actor: by(bo) }),
  );
  expect(decided.kind).toBe('decided');
}

async function beAwayFor(who: string, delegate: string, from: string, until: string) {
  const [away, delegated] = [await person(who), await person(delegate)];
  const delegation = { personId: away.id, delegateId: delegated.id, from, until };
  await company.transact((tx) => setDelegate(tx, delegation, by(away)));
}

async function review(): Promise<void> {
  const ada = await person('ada');
  const wanted = { name: 'September', startedBy: ada, actor: by(ada), dueDate: '2026-09-15' };
  expect(await company.transact((tx) => startReview(tx, wanted))).toBeDefined();
}

async function keepEve(): Promise<void> {
  const [bo, eve] = [await person('bo'), await person('eve')];
  const [open] = (await company.stores.reviews.list({ offset: 0, limit: 1 })).reviews;
  const item = { reviewId: open?.id ?? '', personId: eve.id, integrationId: asana.id };
  const say = { ...item, verdict: 'kept', by: bo, actor: by(bo) } as const;
  const decided = await company.transact((tx) => decideItem(tx, say));
  expect(decided.kind).toBe('decided');
}

async function offboard(name: string, endDate: string): Promise<void> {
  const [ada, leaving] = [await person('ada'), await person(name)];
  const wanted = { person: leaving, endDate, actor: by(ada) };
  const planned = await company.transact((tx) => planOffboarding(tx, wanted));
  expect(planned.kind).toBe('planned');
}

async function stay(): Promise<void> {
  const [ada, fay] = [await person('ada'), await person('fay')];
  const planned = await company.stores.offboardings.current(fay.id);
  await company.transact((tx) => cancelOffboarding(tx, planned?.id ?? '', { actor: by(ada) }));
}

async function doTask(): Promise<void> {
  const bo = await person('bo');
  const [task] = (await company.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 1 }))
    .tasks;
  if (!task) throw new Error('There is no task');
  await company.transact((tx) => finishTask(tx, task, { person: bo, actor: by(bo) }));
}

const BO_APPROVES = ['01-31', '04-01', '05-01', '06-25', '08-10', '08-10', '11-16'];
const MONTHS = ['01', '07'];
const days = (...all: readonly string[]): string => all.toSorted().join(' ');

/**
 * Days of the year on which something is done or due, each with the one before. What happened too early, too late or once more on
 * another day would be found at the next one, which isn't its own.
 */
function withTheDayBefore(dates: readonly string[]): (now: Date) => boolean {
  const known = new Set(
    dates.flatMap((date) => [-1, 0].map((offset) => addDays(`2026-${date}`, offset))),
  );
  return (now) => known.has(now.toISOString().slice(0, 10));
}

/** Which card went to whom on which days. */
function whatWasTold(): Readonly<Record<string, string>> {
  const told: Record<string, string[]> = {};
  for (const { at, personId, view } of company.told) {
    const what = `${nameOf(personId)}: ${view}`;
    (told[what] ??= []).push(at.toISOString().slice(5, 10));
  }
  return Object.fromEntries(Object.entries(told).map(([what, when]) => [what, days(...when)]));
}

/** How often the audit log has what. */
async function whatHappened(): Promise<Readonly<Record<string, number>>> {
  const happened: Record<string, number> = {};
  for (const { what, actor } of await company.stores.auditLog.list({ offset: 0, limit: 1000 }))
    if (actor.kind === 'system') happened[what] = (happened[what] ?? 0) + 1;
  return happened;
}
