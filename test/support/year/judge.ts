/** Holds what Latchkey knows against the apps' own lists, and against what HR says. */
import type { Person } from '../../../src/engine/people/directory.ts';
import { knownFacts } from '../../../src/engine/people/stored-values.ts';
import { byPerson } from '../../../src/engine/rules/load-rules.ts';
import type { Apps } from './apps.ts';
import type { YearEngine } from './engine.ts';
import { type Furnished, MANUAL, shapes, yearRules } from './furnish.ts';
import type { Hr } from './hr.ts';
import type { YearEnv } from './live.ts';

export interface Judge {
  readonly broken: readonly string[];
  /** Rules that are off for some days. */
  readonly rulesOff: Set<string>;
  /** Who has a manual app, by its name. */
  readonly byHand: ReadonlyMap<string, Set<string>>;
  /** Active people. */
  everyone(): Promise<readonly Person[]>;
  /** ISO date. */
  today(): string;
  tell(what: string, personId?: string): Promise<void>;
  night(day: string): Promise<void>;
  end(day: string): Promise<void>;
}

interface Judging {
  readonly env: YearEnv;
  readonly furnished: Furnished;
  readonly apps: Apps;
  readonly hr: Hr;
  readonly engine: YearEngine;
}

interface Pair {
  readonly person_id: string;
  readonly integration_id: string;
}
const keyOf = (personId: string, integrationId: string): string => `${personId} ${integrationId}`;
const keys = (rows: readonly Pair[]): Set<string> =>
  new Set(rows.map((row) => keyOf(row.person_id, row.integration_id)));

const HISTORY = 30;
/** An exception that has ended is seen at the next daily look. */
const DAY = 24 * 60 * 60_000;

export function cityOf(person: Person): string {
  const { CITY: city } = knownFacts(person);
  return typeof city === 'string' ? city : '';
}

export function judgeOf({ env, furnished, apps, hr, engine }: Judging): Judge {
  const { db, stores } = env;
  const broken: string[] = [];
  const rulesOff = new Set<string>();
  const byHand = new Map<string, Set<string>>(MANUAL.map((name) => [name, new Set<string>()]));
  const nameOf = new Map([...furnished.apps].map(([name, { id }]) => [id, name]));
  const told = new Set<string>();
  let errorsSeen = 0;

  async function tell(what: string, personId?: string): Promise<void> {
    if (told.has(what)) return;
    told.add(what);
    broken.push(
      `${engine.now().toISOString()} ${what}${personId === undefined ? '' : await historyOf(personId)}`,
    );
  }

  /** What happened to someone lately, a line each. */
  async function historyOf(personId: string): Promise<string> {
    const person = await stores.people.find(personId);
    const rows: readonly {
      readonly at: number | string;
      readonly what: string;
      readonly integration_id: string | null;
      readonly detail: string | null;
    }[] = await db('audit_log')
      .where({ person_id: personId })
      .orderBy([
        { column: 'at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(HISTORY);
    const audit = rows.map(({ at, what, integration_id: of, detail }) => ({
      at: Number(at),
      text: `${what} ${nameOf.get(of ?? '') ?? ''} ${detail ?? ''}`,
    }));
    const writes = apps.sent
      .filter(({ text }) => person !== undefined && text.includes(` ${person.email} `))
      .slice(-HISTORY);
    const lines = [...audit, ...writes]
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, text }) => `\n      ${new Date(at).toISOString()} ${text}`);
    const { email, employeeId, department, position, stored, active } = person ?? {};
    const fields = { email, employeeId, department, position, stored, active };
    const why = {
      holds: await db('holds').where({ person_id: personId }).whereNull('ended_at'),
      exceptions: await db('rule_exceptions').where({ person_id: personId }).select('ends_at'),
      troubles: await db('rule_troubles').where({ person_id: personId }),
    };
    return `\n    ${JSON.stringify(fields)}\n    ${JSON.stringify(why)}${lines.join('')}`;
  }

  async function everyone(): Promise<readonly Person[]> {
    const all: Person[] = [];
    for (let after = ''; ; ) {
      const some = await stores.people.activePage(after, 250);
      all.push(...some);
      const last = some.at(-1);
      if (!last || some.length < 250) return all;
      after = last.id;
    }
  }

  const wantedBy = (person: Person, day: string) => {
    if (person.startDate !== undefined && person.startDate > day) return [];
    const facts = {
      department: person.department ?? '',
      position: person.position ?? '',
      city: cityOf(person),
    };
    return yearRules
      .filter((rule) => !rulesOff.has(rule.name) && rule.matches(facts))
      .flatMap(({ name, gives }) =>
        gives.map((app) => ({
          ruleId: furnished.rules.get(name) ?? '',
          app,
          id: furnished.apps.get(app)?.id ?? '',
        })),
      );
  };

  async function night(day: string): Promise<void> {
    apps.arrive();
    for (const error of engine.errors.slice(errorsSeen))
      await tell(`something broke inside: ${error}`);
    errorsSeen = engine.errors.length;
    const now = engine.now().getTime();
    const [holds, removals, runs, tasks, exceptions, troubles, pending, closed] = await Promise.all(
      [
        db('holds')
          .whereNull('ended_at')
          .select('person_id', 'integration_id', 'rule_id', 'ends_at') as Promise<
          (Pair & { rule_id: string | null; ends_at: number | null })[]
        >,
        db('removals')
          .whereNotIn('state', ['gone', 'withdrawn'])
          .select('person_id', 'integration_id') as Promise<Pair[]>,
        db('runs')
          .whereNotIn('state', ['succeeded', 'failed', 'blocked', 'cancelled'])
          .select('person_id', 'integration_id') as Promise<Pair[]>,
        db('tasks').where({ state: 'open' }).select('person_id', 'integration_id') as Promise<
          Pair[]
        >,
        db('rule_exceptions')
          .whereRaw('ends_at is null or ends_at > ?', [now - DAY])
          .select('person_id', 'integration_id', 'rule_id') as Promise<
          (Pair & { rule_id: string })[]
        >,
        db('rule_troubles')
          .where('failures', '>', 0)
          .select('person_id', 'integration_id') as Promise<Pair[]>,
        db('rule_changes').select('person_id') as Promise<{ person_id: string }[]>,
        db('integrations').where({ enabled: false }).select('id') as Promise<{ id: string }[]>,
      ],
    );
    const held = keys(holds);
    const removing = keys(removals);
    const underWay = new Set([...keys(runs), ...keys(tasks), ...removing]);
    const troubled = keys(troubles);
    const isOff = new Set(closed.map(({ id }) => id));
    const waits = new Set(pending.map((each) => each.person_id));
    const excepted = new Set(
      exceptions.map((each) => `${each.rule_id} ${keyOf(each.person_id, each.integration_id)}`),
    );
    const lasting = new Set(
      holds
        .filter((each) => each.ends_at === null)
        .map((each) => `${each.rule_id} ${keyOf(each.person_id, each.integration_id)}`),
    );
    const has = new Set<string>();
    const lastingOf = byPerson(
      holds
        .filter((each) => each.rule_id !== null && each.ends_at === null)
        .map((each) => ({ ...each, personId: each.person_id })),
    );

    for (const { name } of shapes) {
      const id = furnished.apps.get(name)?.id ?? '';
      for (const [email, { owners }] of apps.accounts.get(name) ?? []) {
        for (const owner of owners) has.add(keyOf(owner, id));
        const isExplained = [...owners].some((owner) => {
          const key = keyOf(owner, id);
          return held.has(key) || underWay.has(key);
        });
        if (!isExplained)
          await tell(`${email} is in ${name}, and nothing says why or removes it`, [...owners][0]);
      }
    }
    for (const name of MANUAL) {
      const id = furnished.apps.get(name)?.id ?? '';
      for (const personId of byHand.get(name) ?? []) {
        const key = keyOf(personId, id);
        has.add(key);
        if (!held.has(key) && !underWay.has(key))
          await tell(`someone has ${name}, and nothing says why or removes it`, personId);
      }
    }

    const people = await everyone();
    const active = new Set(people.map(({ id }) => id));
    for (const { person_id: id, integration_id: of } of holds)
      if (!active.has(id)) await tell(`someone who has left holds ${nameOf.get(of)}`, id);
    for (const person of people) {
      const wanted = wantedBy(person, day);
      for (const { ruleId, app, id } of wanted) {
        const key = keyOf(person.id, id);
        if (excepted.has(`${ruleId} ${key}`) || isOff.has(id) || waits.has(person.id)) continue;
        if (!lasting.has(`${ruleId} ${key}`) && !troubled.has(key) && !underWay.has(key))
          await tell(
            `${person.email} should have ${app} by a rule, and has no lasting hold`,
            person.id,
          );
        if (!has.has(key) && !underWay.has(key) && !troubled.has(key))
          await tell(`${person.email} lacks ${app}, which a rule gives`, person.id);
      }
      const rules = new Set(wanted.map(({ ruleId, id }) => `${ruleId} ${keyOf(person.id, id)}`));
      if (waits.has(person.id)) continue;
      for (const each of lastingOf(person.id))
        if (!rules.has(`${each.rule_id} ${keyOf(each.person_id, each.integration_id)}`))
          await tell(
            `${person.email} holds ${nameOf.get(each.integration_id)} by a rule that doesn't match`,
            person.id,
          );
    }
  }

  async function end(day: string): Promise<void> {
    await night(day);
    const open: readonly (Pair & { readonly state: string })[] = await db('removals')
      .whereNotIn('state', ['gone', 'withdrawn'])
      .select('person_id', 'integration_id', 'state');
    for (const each of open)
      await tell(
        `after quiet weeks the removal of ${nameOf.get(each.integration_id)} is ${each.state}`,
        each.person_id,
      );
    const troubles: readonly (Pair & { readonly failures: number })[] = await db(
      'rule_troubles',
    ).where('failures', '>', 0);
    for (const each of troubles)
      await tell(
        `after quiet weeks a rule has trouble with ${nameOf.get(each.integration_id)}`,
        each.person_id,
      );
    const people = await everyone();
    const byNumber = new Map(people.map((person) => [person.employeeId, person]));
    const byId = new Map(people.map((person) => [person.id, person]));
    for (const employee of hr.employees.values()) {
      const person = byNumber.get(employee.number);
      const isHere = employee.end === undefined || employee.end >= day;
      if (isHere !== (person !== undefined)) {
        await tell(
          `${employee.number} ${employee.email} ${isHere ? 'is employed, and not here' : `left on ${employee.end}, and is here`}`,
          person?.id ?? (await stores.people.findByEmail(employee.email))?.id,
        );
        continue;
      }
      if (!person) continue;
      const is = {
        email: person.email,
        department: person.department,
        position: person.position,
        city: cityOf(person),
        boss: byId.get(person.managerId ?? '')?.employeeId,
        end: person.endDate,
      };
      const should = {
        email: employee.email,
        department: employee.department,
        position: employee.position,
        city: employee.city,
        boss: employee.boss,
        end: employee.end,
      };
      if (JSON.stringify(is) !== JSON.stringify(should))
        await tell(
          `${employee.number} is ${JSON.stringify(is)}, and HR says ${JSON.stringify(should)}`,
          person.id,
        );
    }
  }

  return {
    broken,
    rulesOff,
    byHand,
    everyone,
    today: () => engine.now().toISOString().slice(0, 10),
    tell,
    night,
    end,
  };
}
