/** What holds of rules and of everyone's access, whatever came before: held against the company at the end of its year. */
import type { Knex } from 'knex';
import type { Person } from '../../../src/engine/people/directory.ts';
import { turnOff, turnOn } from '../../../src/engine/rules/change-rule.ts';
import { evaluatePeople } from '../../../src/engine/rules/evaluate.ts';
import { noteEveryone } from '../../../src/engine/rules/note-people.ts';
import { yearRules } from './furnish.ts';
import { cityOf } from './judge.ts';
import type { LivedYear } from './live.ts';

const HOUR = 60 * 60_000;
const AT_ONCE = 20;
/** What an evaluation could write. Of the rows of each table their number and versions are compared. */
const VERSIONED = ['holds', 'runs', 'tasks', 'removals', 'accounts', 'people', 'rules'];
const COUNTED = ['audit_log', 'access', 'rule_exceptions', 'rule_troubles'];

/** @returns what doesn't hold, in words; empty where all does */
export async function whatDoesNotHold(year: LivedYear, db: Knex): Promise<readonly string[]> {
  return [
    ...(await unequalAccess(year, db)),
    ...(await writesOfEvaluation(year, db)),
    ...(await requestsOfSwitching(year)),
  ];
}

interface Of {
  readonly person_id: string;
}

/**
 * People with equal fields have equal access, unless an exception or a hold of theirs alone differs, or a rule's grant fails: admins were
 * told then. It fails where the app has someone else's account under that name.
 */
async function unequalAccess({ judge, apps }: LivedYear, db: Knex): Promise<readonly string[]> {
  const others: readonly Of[] = await db('holds')
    .whereNull('ended_at')
    .whereNull('rule_id')
    .select('person_id');
  const excepted: readonly Of[] = await db('rule_exceptions').select('person_id');
  const failing: readonly Of[] = await db('rule_troubles')
    .where('failures', '>', 0)
    .select('person_id');
  const special = new Set([...others, ...excepted, ...failing].map((row) => row.person_id));
  const seen = new Map<string, { readonly person: Person; readonly has: string }>();
  const broken: string[] = [];
  for (const person of await judge.everyone()) {
    if (special.has(person.id) || person.role === 'admin') continue;
    const mine = [...apps.accounts].filter(([, members]) =>
      [...members.values()].some(({ owners }) => owners.has(person.id)),
    );
    const byHand = [...judge.byHand].filter(([, members]) => members.has(person.id));
    const has = [...mine, ...byHand].map(([name]) => name).join(', ');
    const isHere = person.startDate === undefined || person.startDate <= judge.today();
    const fields = JSON.stringify([person.department, person.position, cityOf(person), isHere]);
    const other = seen.get(fields);
    if (!other) seen.set(fields, { person, has });
    else if (other.has !== has)
      broken.push(
        `${person.email} has ${has}, and ${other.person.email} with the same fields ${other.has}`,
      );
  }
  return broken;
}

async function writesOfEvaluation(
  { engine, judge }: LivedYear,
  db: Knex,
): Promise<readonly string[]> {
  const state = async (): Promise<string> => {
    const versions = VERSIONED.map((table) =>
      db(table).count({ count: '*' }).sum({ versions: 'version' }),
    );
    const counts = COUNTED.map((table) => db(table).count({ count: '*' }));
    return JSON.stringify([
      await Promise.all(versions),
      await Promise.all(counts),
      engine.emitted(),
      engine.posted.length,
    ]);
  };
  const before = await state();
  const ids = (await judge.everyone()).map(({ id }) => id);
  for (let start = 0; start < ids.length; start += AT_ONCE)
    await engine.transact((tx) => evaluatePeople(tx, ids.slice(start, start + AT_ONCE)));
  await engine.transact((tx) => noteEveryone(tx));
  await engine.work();
  const after = await state();
  return before === after ? [] : [`evaluating again changed ${before} to ${after}`];
}

async function requestsOfSwitching({
  engine,
  apps,
  furnished,
}: LivedYear): Promise<readonly string[]> {
  const by = { actor: { kind: 'person', personId: furnished.admins[0].id, via: 'slack' } } as const;
  const sent = apps.sent.length;
  const ids = yearRules.flatMap(({ name, overlapDays }) =>
    overlapDays === 0 ? [] : (furnished.rules.get(name) ?? ''),
  );
  const later = () => engine.passTo(new Date(engine.now().getTime() + HOUR), true);
  for (const id of ids) await engine.transact((tx) => turnOff(tx, id, by));
  await later();
  for (const id of ids)
    await engine.transact(async (tx) =>
      turnOn(tx, id, { ...by, seen: (await tx.rules.find(id))?.version ?? 0 }),
    );
  await later();
  const more = apps.sent.slice(sent).map(({ text }) => text);
  return more.length === 0 ? [] : [`rules that were turned off and on sent ${more.join(', ')}`];
}
