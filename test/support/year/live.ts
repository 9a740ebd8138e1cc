/**
 * A simulated year of a company: people join, move, leave and come back as its HR system says, which is late, wrong for a day and
 * put right; apps are down for hours; managers approve, do tasks, and leave. Everything goes through the engine. What Latchkey says
 * is held against the apps' own lists of members, each night and at the end.
 */
import type { Knex } from 'knex';
import { addDays } from '../../../src/core/days.ts';
import { startSync } from '../../../src/engine/imports/start-sync.ts';
import type { HttpAnswer } from '../../../src/engine/ports/http.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import { chanceOf, randomOf } from '../seeded.ts';
import { type Acting, actors, type Presses } from './act.ts';
import { type Apps, yearOfApps } from './apps.ts';
import { type YearEngine, yearEngine } from './engine.ts';
import { type Furnished, furnish, SOURCES, shapes } from './furnish.ts';
import { type Employee, type Hr, type HrCounts, hrOf, type Weather } from './hr.ts';
import { type Judge, judgeOf } from './judge.ts';
import {
  countRequests,
  judgeEnds,
  judgeRequests,
  nextShortEnd,
  type RequestCounts,
  setPolicies,
} from './policies.ts';
import { whatDoesNotHold } from './properties.ts';

/** A migrated database of the year's own. */
export interface YearEnv {
  readonly db: Knex;
  readonly stores: Stores;
  readonly transact: UnitOfWork;
}

export interface YearWish {
  readonly seed: number;
  readonly people: number;
  /** With changes; then come quiet ones, in which everything that was begun ends. */
  readonly days: number;
  /** Years whose changes happen in one. */
  readonly pace: number;
  /** Called each day with a line for the one who waits. */
  readonly progress?: (line: string) => void;
  /** Asked each morning: the changes end early, and the quiet days come. */
  readonly isEnough?: () => boolean;
}

/** A few days, in which each kind of change happens. */
export const SMALL_YEAR = { people: 8, days: 5, pace: 200 };

export interface YearOutcome {
  /** Days with changes. */
  readonly days: number;
  /** What was wrong, in words, with its day and what happened to the person lately; empty where nothing was. */
  readonly broken: readonly string[];
  readonly counts: HrCounts;
  readonly presses: Presses;
  readonly removals: {
    readonly proven: number;
    readonly byHand: number;
    readonly withdrawn: number;
    readonly open: number;
  };
  readonly requests: RequestCounts;
  readonly held: number;
  readonly imports: number;
}

/** What there is at the end. */
export interface LivedYear {
  readonly engine: YearEngine;
  readonly apps: Apps;
  readonly furnished: Furnished;
  readonly judge: Judge;
}

const HOUR = 60 * 60_000;
const FIRST_DAY = '2026-01-05';
/** Longer than the longest overlap, the pause of a rehire, and a week of tries at an app. */
const QUIET_DAYS = 12;
/** When something may be due, and people act. Jobs are done at their own times. */
const HOURS = [6, 10, 16, 23];
const QUIET_HOURS = [6, 23];

export async function liveAYear(env: YearEnv, wish: YearWish): Promise<YearOutcome> {
  const { seed, people, pace } = wish;
  const { stores } = env;
  const random = randomOf(seed);
  for (let warm = 0; warm < 10; warm += 1) random();
  const hr = hrOf({ people, firstDay: FIRST_DAY, pace, random });
  let days = wish.days;
  let quietFrom = addDays(FIRST_DAY, days);
  const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
  let isOverride: boolean | undefined;
  const isQuiet = (): boolean => isOverride ?? dayOf(engine.now()) >= quietFrom;
  let rows: { readonly day: string; readonly rows: readonly Employee[] } = { day: '', rows: [] };
  const weather = (day: string): Weather =>
    day >= quietFrom || day <= addDays(FIRST_DAY, 1)
      ? 'right'
      : weatherOf(chanceOf(`${seed} weather ${day}`));

  let apps!: Apps;
  let acting: Acting | undefined;
  const events: Event[] = [];
  const engine = yearEngine({
    ...env,
    from: new Date(`${FIRST_DAY}T00:00:00Z`),
    http: (now) => {
      apps = yearOfApps({
        seed,
        shapes,
        now,
        isQuiet,
        ownerOf: async (email) => (await stores.people.findByEmail(email))?.id,
      });
      return {
        send(request, ...rest) {
          const of = Object.entries(SOURCES).find(([, url]) => request.url.startsWith(url));
          if (!of) return apps.send(request, ...rest);
          const day = dayOf(now());
          if (rows.day !== day) rows = { day, rows: hr.rowsOn(day, weather(day)) };
          return Promise.resolve(
            of[0] === 'hr' ? fromHr(rows.rows, weather(day), hr) : fromIt(rows.rows),
          );
        },
      };
    },
    onEvent: async (tx, event) => {
      events.push(event);
      await acting?.noteWithin(tx, event);
    },
    between: async () => {
      await acting?.atOnce(events.splice(0));
    },
  });
  isOverride = true;
  const furnished = await furnish(engine.transact);
  hr.live(FIRST_DAY, true);
  const actor = { kind: 'system' } as const;
  for (const source of [furnished.hr, furnished.it]) {
    await engine.transact((tx) => startSync(tx, source, { mode: 'import', actor }));
    await engine.passTo(new Date(engine.now().getTime() + HOUR), true);
  }
  await setPolicies(furnished, { stores, transact: engine.transact });
  isOverride = undefined;
  const judge = judgeOf({ env, furnished, apps, hr, engine });
  acting = actors({ seed, pace, stores, hr, furnished, apps, engine, isQuiet, judge, weather });

  let day = FIRST_DAY;
  for (let lived = 1; lived <= days + QUIET_DAYS; lived += 1) {
    day = addDays(FIRST_DAY, lived);
    if (lived < days && wish.isEnough?.()) [days, quietFrom] = [lived, day];
    hr.live(day, day >= quietFrom);
    await acting.planDay(day);
    // Now and then the worker stands still, over an import or two.
    const isUp = day >= quietFrom || chanceOf(`${seed} worker ${day}`) > 0.05;
    for (const hour of day < quietFrom ? HOURS : QUIET_HOURS) {
      const at = new Date(new Date(`${day}T00:00:00Z`).getTime() + hour * HOUR);
      for (let end = await nextShortEnd(env.db, engine.now(), at); end; ) {
        await engine.passTo(end, isUp);
        end = await nextShortEnd(env.db, engine.now(), at);
      }
      await engine.passTo(at, isUp);
      await judgeEnds(env.db, engine.now(), judge);
      await acting.act(day, hour);
    }
    if (!engine.isBehind()) await judge.night(day);
    await judgeRequests(env.db, engine.now(), judge);
    wish.progress?.(
      `${day} ${weather(day)}${isUp ? '' : ', worker down'}: ${judge.broken.length} broken`,
    );
    if (judge.broken.length >= MOST_BROKEN) break;
  }
  await judge.end(day);
  // Rules look at everyone once a day: what ended after the last look is seen by then.
  await engine.passTo(new Date(engine.now().getTime() + 7 * HOUR), true);
  const lived = { engine, apps, furnished, judge };
  for (const each of await whatDoesNotHold(lived, env.db)) await judge.tell(each);
  const removals = await endsOfRemovals(env.db);
  const imports = Number(
    (await env.db('sync_runs').where({ state: 'done' }).count({ count: '*' }))[0]?.['count'] ?? 0,
  );
  const { presses, held } = acting.counts();
  const requests = await countRequests(env.db);
  return {
    days,
    broken: judge.broken,
    counts: hr.counts,
    presses,
    removals,
    requests,
    held,
    imports,
  };
}

const MOST_BROKEN = 12;

function weatherOf(chance: number): Weather {
  const bad: readonly (readonly [Weather, number])[] = [
    ['late', 0.06],
    ['down', 0.03],
    ['vanished', 0.03],
    ['many-ends', 0.025],
    ['few-ends', 0.04],
    ['cycle', 0.03],
    ['twice', 0.03],
    ['cut', 0.02],
  ];
  let sum = 0;
  for (const [what, share] of bad) {
    sum += share;
    if (chance < sum) return what;
  }
  return 'right';
}

const answer = (status: number, body: unknown): HttpAnswer => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json' },
  text: JSON.stringify(body),
});

function fromHr(rows: readonly Employee[], weather: Weather, { employees }: Hr): HttpAnswer {
  if (weather === 'down') return answer(503, {});
  const emails = new Map(rows.map(({ number, email }) => [number, email]));
  return answer(200, {
    people: rows.map((each) => ({
      mail: each.email,
      nr: each.number,
      first: each.first,
      last: each.last,
      dept: each.department,
      title: each.position,
      boss:
        each.boss === undefined
          ? null
          : (emails.get(each.boss) ?? employees.get(each.boss)?.email ?? null),
      from: each.start,
      to: each.end ?? null,
    })),
  });
}

const fromIt = (rows: readonly Employee[]): HttpAnswer =>
  answer(200, {
    people: rows.map(({ email, number, city }) => ({
      mail: email,
      nr: number,
      phone: `+43 1 ${number.slice(1).padStart(6, '0')}`,
      site: city,
    })),
  });

async function endsOfRemovals(db: Knex): Promise<YearOutcome['removals']> {
  const rows: readonly { readonly state: string; readonly proof: string | null }[] = await db(
    'removals',
  ).select('state', 'proof');
  const gone = rows.filter(({ state }) => state === 'gone');
  const isByHand = ({ proof }: { readonly proof: string | null }) =>
    /"(done|confirmed)"/.test(proof ?? '');
  return {
    proven: gone.filter((each) => !isByHand(each)).length,
    byHand: gone.filter(isByHand).length,
    withdrawn: rows.filter(({ state }) => state === 'withdrawn').length,
    open: rows.filter(({ state }) => state !== 'gone' && state !== 'withdrawn').length,
  };
}
