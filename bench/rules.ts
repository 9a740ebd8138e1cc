/** What it takes to evaluate everyone again after a change of a rule, and one person who changes; and how long a click waits meanwhile. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { newId } from '../src/core/ids.ts';
import type { Person } from '../src/engine/people/directory.ts';
import { blank } from '../src/engine/people/people.ts';
import type { UnitOfWork } from '../src/engine/ports/unit-of-work.ts';
import type { Condition } from '../src/engine/rules/condition.ts';
import { type EvaluateDeps, evaluatePeople, evaluateRules } from '../src/engine/rules/evaluate.ts';
import { impactOf } from '../src/engine/rules/impact.ts';
import { noteEveryone } from '../src/engine/rules/note-people.ts';
import { definitionOf, type Rule } from '../src/engine/rules/rule.ts';
import { dialectOf, openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createStores } from '../src/store/stores.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { insertRows } from '../src/store/work/insert-rows.ts';
import { unitOfWork } from '../src/store/work/unit-of-work.ts';
import { aSyncRun } from '../test/support/a-sync-run.ts';
import { onEachDatabase } from './support/databases.ts';
import { type Figure, inWords } from './support/figure.ts';

const PEOPLE = 50_000;
const RULES = 200;
const DEPARTMENTS = 40;
/** Divides the departments, so that a rule for a department and an office has people. */
const OFFICES = 5;
const APPS = Array.from({ length: 10 }, (_, index) => `app-${index}`);
const ROWS_AT_ONCE = 250;
/** People who change, one after the other. */
const CHANGES = 200;
const CLICK_MS = 20;
const IMPORT = 'hr-import';

const now = () => new Date();
const timeZone = 'Europe/Oslo';
const actor = { kind: 'system' } as const;

interface Bench extends EvaluateDeps {
  /** Of another process. */
  readonly click: UnitOfWork;
}

/** `npm run bench -- rules [PEOPLE [RULES]] [sqlite|postgres]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [people = PEOPLE, rules = RULES] = args.map(Number).filter((size) => size > 0);
  return onEachDatabase(args, (name, url) => measure(name, url, { people, rules }));
}

interface Sizes {
  readonly people: number;
  readonly rules: number;
}

async function measure(name: string, url: string, sizes: Sizes): Promise<readonly Figure[]> {
  const [db, other] = [openDatabase(url), openDatabase(url)];
  try {
    await migrate(db);
    const vault = createVault([randomBytes(32)]);
    const bench: Bench = {
      stores: createStores(db, vault),
      transact: unitOfWork(db, vault, { now, timeZone }),
      click: unitOfWork(other, vault, { now }),
      now,
      timeZone,
      pause: (ms) => sleep(ms),
    };
    const [rule] = await fill(db, bench, sizes);
    // As autovacuum does within a minute.
    if (dialectOf(db) === 'postgres') await db.raw('analyze');
    const what = `rules, ${name}: ${sizes.people} people, ${sizes.rules} rules`;
    return [
      ...(await everyone(`${what}; everyone evaluated again, nothing to change`, bench)),
      await changes(`${what}; one person changes department, 5 reasons get an end`, bench, sizes),
      ...(rule
        ? [
            await dryRun(`${what}; the dry run of one rule`, bench, rule),
            ...(await everyone(`${what}; everyone, after one rule was turned off`, bench, rule)),
          ]
        : []),
    ];
  } finally {
    await Promise.all([db.destroy(), other.destroy()]);
  }
}

const isOf = (department: number): Condition => ({
  field: 'department',
  comparison: 'is',
  not: false,
  values: [`Department ${department}`],
});
const isIn = (office: number): Condition => ({
  field: 'stored:office',
  comparison: 'one-of',
  not: false,
  values: [`Office ${office}`, 'Anywhere'],
});

/** Everyone matches some rules, and has what those give, as if all had been evaluated. */
async function fill(db: Knex, { stores, transact }: Bench, sizes: Sizes): Promise<readonly Rule[]> {
  await transact(async (tx) => {
    for (const id of [...APPS, IMPORT])
      await tx.integrations.insert({
        id,
        version: 1,
        name: id,
        enabled: true,
        createdAt: tx.now,
        ...(id === IMPORT && { manifestVersionId: 'v1' }),
      });
    await tx.integrations.insertVersion({
      id: 'v1',
      integrationId: IMPORT,
      number: 1,
      manifest: JSON.stringify(importManifest),
      savedBy: actor,
      createdAt: tx.now,
    });
    await tx.storedNames.claim(IMPORT, ['office'], tx.now);
    // Rules stand still until it has run once.
    const { dueAt: _, ...begun } = aSyncRun({ integrationId: IMPORT, createdAt: tx.now });
    await tx.syncRuns.insert({ ...begun, state: 'done', finishedAt: tx.now });
  });
  const rules = Array.from({ length: sizes.rules }, (_, index) => aRule(index));
  await transact(async (tx) => {
    for (const rule of rules) {
      await tx.rules.insert(rule);
      for (const { id, integrationId } of definitionOf(rule).items)
        await tx.rules.insertItem({ id, ruleId: rule.id, integrationId, form: {}, answers: [] });
    }
  });
  for (let first = 0; first < sizes.people; first += ROWS_AT_ONCE) {
    const people = Array.from(
      { length: Math.min(ROWS_AT_ONCE, sizes.people - first) },
      (_, index) => aPerson(first + index),
    );
    await stores.people.insertMany(people);
    const holds = people.flatMap(({ id }, index) =>
      rules
        .filter((_, each) => each % DEPARTMENTS === (first + index) % DEPARTMENTS)
        .map((rule) => holdRow(id, rule)),
    );
    await insertRows(db, 'holds', holds);
  }
  return rules;
}

const importManifest = {
  action: 'update',
  schedule: '0 * * * *',
  execute: [{ url: 'https://hr.example/people', method: 'GET' }],
  data_structure: { email: 'email', office: 'office' },
};

const aRule = (index: number): Rule => ({
  id: newId(),
  version: 1,
  name: `Rule ${index}`,
  isOn: true,
  definition: {
    matching: 'all',
    conditions: [
      isOf(index % DEPARTMENTS),
      isIn(index % OFFICES),
      { field: 'position', comparison: 'contains', not: true, values: ['Intern'] },
    ],
    daysBefore: 0,
    overlapDays: 14,
    items: [{ id: newId(), integrationId: APPS[index % APPS.length] ?? '' }],
  },
  madeBy: actor,
  createdAt: now(),
});

const aPerson = (index: number): Person => ({
  ...blank(newId(), `p${index}@lab.example`),
  firstName: `Person${index}`,
  department: `Department ${index % DEPARTMENTS}`,
  position: 'Senior Backend Engineer',
  startDate: '2020-01-01',
  stored: { office: `Office ${index % OFFICES}` },
  storedBy: { office: IMPORT },
});

const holdRow = (personId: string, rule: Rule) => ({
  id: newId(),
  version: 1,
  person_id: personId,
  integration_id: definitionOf(rule).items[0]?.integrationId ?? '',
  source: 'sequence',
  given_by: JSON.stringify(actor),
  started_at: Date.now(),
  rule_id: rule.id,
  rule_item_id: definitionOf(rule).items[0]?.id ?? '',
});

/** @param off a rule that is turned off before */
async function everyone(what: string, bench: Bench, off?: Rule): Promise<readonly Figure[]> {
  await bench.transact(async (tx) => {
    if (off) await tx.rules.save({ ...off, isOn: false });
    await noteEveryone(tx);
  });
  const waits: number[] = [];
  const over = new AbortController();
  const clicking = (async () => {
    while (!over.signal.aborted) {
      const begun = performance.now();
      await bench.click((tx) => tx.workers.beat('clicker', now()));
      waits.push(performance.now() - begun);
      await sleep(CLICK_MS);
    }
  })();
  const took = stopwatch();
  await evaluateRules(bench);
  const seconds = took();
  over.abort();
  await clicking;
  return [
    { what, value: seconds, ...(off ? {} : { aim: 'under 10 s' }) },
    { what: `${what}; someone's write meanwhile`, value: inWords(waits) },
  ];
}

async function changes(what: string, bench: Bench, { people }: Sizes): Promise<Figure> {
  const times: number[] = [];
  let micros = 0;
  for (let index = 0; index < Math.min(CHANGES, people); index += 1) {
    const person = await bench.stores.people.findByEmail(`p${index}@lab.example`);
    if (!person) throw new Error('Someone is missing');
    await bench.transact((tx) => tx.people.save({ ...person, department: 'Nowhere' }));
    const [begun, before] = [performance.now(), process.cpuUsage()];
    await bench.transact((tx) => evaluatePeople(tx, [person.id]));
    times.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(before);
    micros += user + system;
  }
  const worked = (micros / 1000 / times.length).toFixed(1);
  const value = `${inWords(times)}; ${worked} ms of the processor each`;
  return { what, value, aim: 'median under 10 ms' };
}

async function dryRun(what: string, { stores }: Bench, rule: Rule): Promise<Figure> {
  const took = stopwatch();
  const impact = await impactOf(stores, [{ rule, next: undefined }], { now: now(), timeZone });
  const value = `${took()}, ${impact.changes.length} people listed`;
  return { what, value, aim: 'under 5 s' };
}

/** @returns what passed since, and the processor's time of this process: what is left of it on a machine that does other things */
function stopwatch(): () => string {
  const [begun, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(before);
    const [passed, worked] = [(performance.now() - begun) / 1000, (user + system) / 1e6];
    return `${passed.toFixed(1)} s (${worked.toFixed(1)} s of the processor)`;
  };
}
