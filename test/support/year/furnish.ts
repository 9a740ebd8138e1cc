/** What the company has in Latchkey: two imports, apps, rules with different overlaps, a bundle. */
import { makeBundle, putItem } from '../../../src/engine/bundles/change-bundle.ts';
import { setOwnedFields } from '../../../src/engine/imports/owned-fields.ts';
import { changeSettings } from '../../../src/engine/integrations/change-integration.ts';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { addItem, makeRule, turnOn } from '../../../src/engine/rules/change-rule.ts';
import type { Condition, RuleField } from '../../../src/engine/rules/condition.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { addedIntegration, addedManual, addedPerson } from '../given/added.ts';
import { ok } from '../given/outcomes.ts';
import { type AppShape, manifestOf } from './apps.ts';

export const SOURCES = { hr: 'https://hr.example/people', it: 'https://it.example/people' };

export const shapes: readonly AppShape[] = [
  { name: 'Wiki', exists: 'list', isRevocable: false, steps: 1 },
  { name: 'GitHub', exists: 'list', isRevocable: true, steps: 1 },
  { name: 'Jira', exists: 'status', isRevocable: true, steps: 1, hasIds: true },
  { name: 'Figma', exists: 'status', isRevocable: true, steps: 1 },
  { name: 'Crm', exists: 'none', isRevocable: true, steps: 1 },
  { name: 'Analytics', exists: 'list', isRevocable: true, steps: 3 },
  { name: 'Ledger', exists: 'status', isRevocable: true, steps: 2 },
  { name: 'Vpn', exists: 'list', isRevocable: true, steps: 1 },
];
/** Without a manifest: people do it by hand. */
export const MANUAL = ['Badge', 'Keys'] as const;

/** A person's facts that rules look at. */
export interface RuleFacts {
  readonly department: string;
  readonly position: string;
  readonly city: string;
}

export interface YearRule {
  readonly name: string;
  readonly conditions: readonly Condition[];
  /** The same, said without the engine. */
  readonly matches: (facts: RuleFacts) => boolean;
  readonly overlapDays: number;
  readonly gives: readonly string[];
}

const where = (
  field: RuleField,
  comparison: Condition['comparison'],
  ...values: readonly string[]
): Condition => ({
  field,
  comparison,
  not: false,
  values,
});

export const yearRules: readonly YearRule[] = [
  {
    name: 'Everyone in Berlin and Vienna',
    conditions: [where('stored:CITY', 'one-of', 'Berlin', 'Vienna')],
    matches: ({ city }) => city === 'Berlin' || city === 'Vienna',
    overlapDays: 0,
    gives: ['Wiki'],
  },
  {
    name: 'Engineering',
    conditions: [where('department', 'is', 'Engineering')],
    matches: ({ department }) => department === 'Engineering',
    overlapDays: 6,
    gives: ['GitHub', 'Jira'],
  },
  {
    name: 'Product',
    conditions: [where('department', 'one-of', 'Product', 'Support')],
    matches: ({ department }) => department === 'Product' || department === 'Support',
    overlapDays: 4,
    gives: ['Figma', 'Jira'],
  },
  {
    name: 'Sales',
    conditions: [where('department', 'is', 'Sales')],
    matches: ({ department }) => department === 'Sales',
    overlapDays: 0,
    gives: ['Crm'],
  },
  {
    name: 'Leads',
    conditions: [where('position', 'contains', 'Lead')],
    matches: ({ position }) => position.includes('Lead'),
    overlapDays: 6,
    gives: ['Analytics'],
  },
  {
    name: 'Berlin',
    conditions: [where('stored:CITY', 'is', 'Berlin')],
    matches: ({ city }) => city === 'Berlin',
    overlapDays: 3,
    gives: ['Badge'],
  },
  {
    name: 'Finance in Vienna',
    conditions: [where('department', 'is', 'Finance'), where('stored:CITY', 'is', 'Vienna')],
    matches: ({ department, city }) => department === 'Finance' && city === 'Vienna',
    overlapDays: 0,
    gives: ['Ledger', 'Keys'],
  },
];

export interface Furnished {
  readonly admins: readonly [Person, Person];
  readonly hr: Integration;
  readonly it: Integration;
  /** By name. */
  readonly apps: ReadonlyMap<string, Integration>;
  readonly bundleId: string;
  /** Ids by the rule's name. */
  readonly rules: ReadonlyMap<string, string>;
}

export async function furnish(transact: UnitOfWork): Promise<Furnished> {
  const admin = async (name: string): Promise<Person> => {
    const wanted = { email: `${name}@firm.example`, firstName: name, role: 'admin' } as const;
    return addedPerson(transact, wanted);
  };
  const admins = [await admin('ada'), await admin('bob')] as const;
  const actor: Actor = { kind: 'person', personId: admins[0].id, via: 'slack' };
  const by = { actor };

  const add = async (name: string, manifest: object): Promise<Integration> => {
    return addedIntegration(transact, { name, manifest }, actor);
  };
  const source = (url: string, structure: object): object => ({
    action: 'create',
    schedule: '0 6 * * *',
    execute: [{ url, method: 'GET' }],
    data_from: 'people',
    data_structure: { email: 'mail', employee_id: 'nr', ...structure },
  });
  const hr = await add(
    'HR',
    source(SOURCES.hr, {
      first_name: 'first',
      last_name: 'last',
      department: 'dept',
      position: 'title',
      manager: 'boss',
      start: 'from',
      end: 'to',
    }),
  );
  const it = await add('IT', source(SOURCES.it, { phone: 'phone', CITY: 'site' }));
  const owning = async (whose: Integration, fields: readonly string[]): Promise<void> => {
    ok(await transact((tx) => setOwnedFields(tx, whose, { ...by, fields })));
  };
  await owning(hr, [
    'email',
    'first_name',
    'last_name',
    'department',
    'position',
    'manager',
    'start',
    'end',
  ]);
  await owning(it, ['phone', 'CITY']);

  const apps = new Map<string, Integration>();
  for (const shape of shapes) apps.set(shape.name, await add(shape.name, manifestOf(shape)));
  for (const name of MANUAL) {
    const assignee =
      name === 'Badge'
        ? ({ kind: 'manager' } as const)
        : ({ kind: 'person', personId: admins[1].id } as const);
    const added = await addedManual(transact, { name, assignee }, actor);
    apps.set(name, added);
  }
  const appNamed = (name: string): Integration => {
    const found = apps.get(name);
    if (!found) throw new Error(`There is no ${name}`);
    return found;
  };
  const policy = { ...defaultPolicy, longestHours: 30 * 24 };
  const limited = await transact((tx) =>
    changeSettings(tx, appNamed('Vpn'), { ...by, change: { policy } }),
  );
  if (!limited.ok) throw new Error(limited.why);
  apps.set('Vpn', limited.value);

  const text = { name: 'Product basics', description: '', tags: '' };
  const bundle = ok(await transact((tx) => makeBundle(tx, text, by)));
  for (const name of ['Figma', 'Analytics', 'Vpn']) {
    const item = { integrationId: appNamed(name).id, form: {}, answers: [] };
    await transact((tx) => putItem(tx, bundle.bundle.id, { ...by, item }));
  }

  const rules = new Map<string, string>();
  for (const { name, conditions, overlapDays, gives } of yearRules) {
    const definition = { matching: 'all', conditions, daysBefore: 0, overlapDays } as const;
    let made = await transact((tx) => makeRule(tx, { name, definition }, by));
    for (const app of gives) {
      if (!made.ok) break;
      const { id } = made.value;
      const item = { integrationId: appNamed(app).id, form: {}, answers: [] };
      made = await transact((tx) => addItem(tx, id, { ...by, item }));
    }
    if (!made.ok) throw new Error(made.why);
    const { id, version: seen } = made.value;
    ok(await transact((tx) => turnOn(tx, id, { ...by, seen })));
    rules.set(name, id);
  }
  return { admins, hr, it, apps, bundleId: bundle.bundle.id, rules };
}
