/** A company with a few of everything that lists show, which grows by copies of itself: for counting what pages ask of the database. */
import { startGrant } from '../../../src/engine/access/grant.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { beginItems } from '../../../src/engine/bundles/begin-items.ts';
import { makeBundle, putItem } from '../../../src/engine/bundles/change-bundle.ts';
import { addManual } from '../../../src/engine/integrations/integrations.ts';
import { planOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { addItem as addToRule, makeRule } from '../../../src/engine/rules/change-rule.ts';
import { addItem as addToSequence } from '../../../src/engine/sequences/change-items.ts';
import { makeSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { insertTask } from '../../../src/engine/tasks/new-task.ts';
import { createToken } from '../../../src/engine/tokens/create-token.ts';
import { identityIn, sealedColumns } from '../../../src/store/vault/sealed-columns.ts';
import type { Identity, Vault } from '../../../src/store/vault/vault.ts';
import { insertRows } from '../../../src/store/work/insert-rows.ts';
import type { TestChat } from '../chat.ts';
import type { TestDatabase } from '../database/database.ts';
import { ok, present } from '../given/outcomes.ts';
import { hasAccess } from '../has-access.ts';

/** Apps of each kind: granted by a manifest, by hand, and imports. */
const APPS = 2;
/** Of everything else. Home shows no more of each. */
const ROWS = 3;

/** Stands in all names and addresses, which a copy has with its own number. */
const ORIGINAL = 'qx00';

const SYSTEM = { kind: 'system' } as const;
const by = { actor: SYSTEM };
const FORM = { ROLE: 'r1' };
const ANSWERS = [{ label: 'Role', value: 'Reader' }];
const URL = 'https://api.example.com/users';

export interface Furniture {
  /** Mia's manager is nobody; everyone else is Mia's report. */
  readonly mia: Person;
  readonly ann: Person;
}

/** @param ada an admin */
export async function furnish(chat: TestChat, ada: Person): Promise<Furniture> {
  const granted = await several(APPS, (n) => grantedApp(chat, n));
  await several(APPS, (n) =>
    chat.integration(named('HR', n), {
      action: 'create',
      execute: [{ url: URL, method: 'GET' }],
      data_structure: { email: 'mail', department: 'dept' },
    }),
  );
  const { transact } = chat.services;
  const manual = await several(APPS, (n) => transact((tx) => manualApp(tx, n)));
  const mia = await chat.person({ email: 'mia@example.com', firstName: 'Mia' });
  const report = (firstName: string, startDate?: string) =>
    chat.person({
      email: `${firstName.toLowerCase()}@example.com`,
      firstName,
      lastName: 'Lee',
      managerEmail: mia.email,
      ...(startDate && { startDate }),
    });
  const ann = await report('Ann');
  const own = await several(ROWS, (n) => report(`Rep${n}${ORIGINAL}`));
  const hired = await several(ROWS, (n) => report(`New${n}${ORIGINAL}`, '2026-12-01'));
  for (const person of [ada, mia, ann])
    for (const { id: integrationId } of granted) await hasAccess(chat, person, { integrationId });
  const apps = (n: number) => ({
    app: at(granted, n),
    next: at(granted, n + 1),
    badge: at(manual, n),
  });
  for (const [n, person] of own.entries()) {
    await hasAccess(chat, person, { integrationId: apps(n).app.id });
    await hasAccess(chat, person, { integrationId: apps(n).badge.id, state: 'unknown' });
    await transact((tx) => daily(tx, { n, person, ada, mia, ann, ...apps(n) }));
  }
  for (const [n, person] of hired.entries())
    await transact((tx) => planned(tx, { n, person, ada, mia, ann, ...apps(n) }));
  await leaveAccounts(chat, own, granted);
  return { mia, ann };
}

const named = (what: string, n: number): string => `${what} ${n} ${ORIGINAL}`;

async function several<T>(count: number, make: (n: number) => Promise<T>): Promise<readonly T[]> {
  const made: T[] = [];
  for (let n = 0; n < count; n += 1) made.push(await make(n));
  return made;
}

function at<T>(list: readonly T[], n: number): T {
  return present(list[n % list.length]);
}

async function grantedApp({ services, ...chat }: TestChat, n: number): Promise<Integration> {
  const role = { id: 'ROLE', name: 'Role', type: 'choice', items: [{ id: 'r1', name: 'Reader' }] };
  const manifest = {
    form: [role],
    extra_user_info: [{ id: `NAME_${n}`, name: `Name ${n}` }],
    initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
    exists: { url: `${URL}/{{email}}`, method: 'GET' },
    execute: [{ url: URL, data: { role: '{{ROLE}}' } }],
    revoke: [{ url: `${URL}/{{email}}`, method: 'DELETE' }],
  };
  const id = await chat.integration(named('App', n), manifest, { TOKEN: 't' });
  return present(await services.stores.integrations.find(id));
}

async function manualApp(tx: Transaction, n: number): Promise<Integration> {
  const wanted = { name: named('Badge', n), assignee: { kind: 'manager' } } as const;
  return ok(await addManual(tx, wanted, by)).integration;
}

interface Furnished extends Furniture {
  readonly n: number;
  readonly person: Person;
  readonly ada: Person;
  readonly app: Integration;
  readonly next: Integration;
  readonly badge: Integration;
}

const as = ({ id: personId }: Person) => ({ kind: 'person', personId, via: 'slack' }) as const;

/** A request, a removal by hand and tasks. */
async function daily(
  tx: Transaction,
  { n, person, ada, mia, app, next, badge }: Furnished,
): Promise<void> {
  const content = { reason: 'For work', form: FORM, answers: ANSWERS, facts: {} };
  const wish = { actor: as(person), requester: person, person, integration: next, content };
  await createRequest(tx, wish);
  const removing = {
    person,
    integration: badge,
    cause: { kind: 'revoked' },
    actor: SYSTEM,
  } as const;
  await beginRemoval(tx, removing);
  const title = named('Order laptop', n);
  await insertTask(tx, { kind: 'other', title, personId: person.id, assigneeId: mia.id }, by);
  const accounts = { title: named('Accounts', n), personId: ada.id, integrationId: app.id };
  await insertTask(tx, { kind: 'other', ...accounts }, by);
}

/** A bundle that is requested, a rule, a sequence, a review, a run, a last day and a token. */
async function planned(tx: Transaction, furnished: Furnished): Promise<void> {
  const { n, person, ada, mia, app, next, badge } = furnished;
  const item = { integrationId: app.id, form: FORM, answers: ANSWERS };
  await requestedBundle(tx, furnished);
  const conditions = [
    { field: 'department', comparison: 'is', not: false, values: [`D${n}`] },
  ] as const;
  const definition = { matching: 'all', conditions, daysBefore: 0, overlapDays: 0 } as const;
  const rule = ok(await makeRule(tx, { name: named('Rule', n), definition }, by));
  await addToRule(tx, rule.value.id, { ...by, item });
  const wanted = {
    name: named('Sequence', n),
    anchor: 'start-date',
    isForEveryHire: true,
  } as const;
  const sequence = ok(await makeSequence(tx, wanted, by));
  const grants = { timing: { kind: 'at-once' }, does: { kind: 'grant', ...item } } as const;
  await addToSequence(tx, sequence.value.id, { ...by, ...grants });
  const review = { name: named('Review', n), startedBy: ada, actor: SYSTEM, dueDate: '2026-12-20' };
  await startReview(tx, { ...review, scope: { integrationIds: [app.id] } });
  const grant = { actor: as(mia), person, form: FORM, answers: ANSWERS };
  await startGrant(tx, { ...grant, integration: next });
  await grantByHand(tx, { actor: SYSTEM, person: mia, integration: badge });
  await planOffboarding(tx, { person, endDate: '2026-12-31', actor: SYSTEM });
  const token = { name: named('Token', n), kind: 'personal', ownerId: ada.id, days: 90 } as const;
  await createToken(tx, { ...token, scopes: ['read'] }, by);
}

async function requestedBundle(
  tx: Transaction,
  { n, person, app, badge }: Furnished,
): Promise<void> {
  const made = await makeBundle(tx, { name: named('Bundle', n), description: '', tags: '' }, by);
  if (!made.ok) throw new Error(made.why);
  const { id: bundleId } = made.bundle;
  const item = { integrationId: app.id, form: FORM, answers: ANSWERS };
  await putItem(tx, bundleId, { ...by, item });
  const byHand = { integrationId: badge.id, form: {}, answers: [] };
  await putItem(tx, bundleId, { ...by, item: byHand });
  const { versionId } = (await tx.bundles.find(bundleId)) ?? made.bundle;
  const { items } = (await tx.bundles.findVersion(versionId)) ?? { items: [] };
  const whom = { person, by: person, actor: as(person), as: 'request', reason: 'New' } as const;
  const of = { kind: 'bundle', bundleId, versionId } as const;
  await beginItems(tx, { ...whom, of, items, facts: {} });
}

/** Accounts that were left behind. */
async function leaveAccounts(
  { database, services: { newId, now } }: TestChat,
  people: readonly Person[],
  apps: readonly Integration[],
): Promise<void> {
  const time = now().getTime();
  const rows = people.map(({ id, email }, n) => ({
    id: newId(),
    version: 1,
    integration_id: at(apps, n).id,
    subject: `account:${id}`,
    kind: 'left-behind',
    state: 'open',
    account_id: id,
    person_id: id,
    label: email,
    found_at: time,
    seen_at: time,
    round_id: 'r',
  }));
  await insertRows(database.db, 'findings', rows);
}

/** What a company has once, or what isn't of the company. */
const NOT_COPIED = /^(?:audit_|jobs|knex_|links|lost_jobs|settings|sqlite_|web_sessions|workers)/;

type Row = Readonly<Record<string, string | number | null>>;

/**
 * Adds that many copies of everything that `furnish` made, row by row: each has its own apps and people, and only Mia and Ann, who
 * have all of them, are the same.
 */
export async function growBy(copies: number, { db, vault }: TestDatabase): Promise<void> {
  const tables: readonly { readonly name: string }[] = await db('sqlite_master')
    .where({ type: 'table' })
    .select('name');
  const all = new Map<string, readonly string[]>();
  const ids = new Set<string>();
  for (const { name } of tables.filter((table) => !NOT_COPIED.test(table.name))) {
    const stored: readonly Row[] = await db<Row>(name).select();
    const rows = await Promise.all(stored.map((row) => opened(name, row, vault)));
    const texts = rows.map((row) => JSON.stringify(row));
    all.set(name, texts);
    // Ada, Mia and Ann aren't copied.
    for (const [index, { id }] of rows.entries())
      if (typeof id === 'string' && (name !== 'people' || texts[index]?.includes(ORIGINAL)))
        ids.add(id);
  }
  await db.raw('pragma foreign_keys = off');
  for (let n = 1; n <= copies; n += 1)
    for (const [table, rows] of all) {
      const copied = rows
        .map((row) => ({ row, copy: copyIn(row, n, ids) }))
        .filter(({ row, copy }) => copy !== row)
        .map(({ copy }) => sealed(table, JSON.parse(copy) as Row, vault));
      await insertRows(db, table, await Promise.all(copied));
    }
  await db.raw('pragma foreign_keys = on');
  const broken: readonly unknown[] = await db.raw('pragma foreign_key_check');
  if (broken.length > 0) throw new Error(`A copy misses something: ${JSON.stringify(broken[0])}`);
}

const opened = (table: string, row: Row, vault: Vault): Promise<Row> =>
  eachSealed(table, row, (identity, text) => vault.open(identity, text));

/** A sealed text opens in its own row only. */
const sealed = (table: string, row: Row, vault: Vault): Promise<Row> =>
  eachSealed(table, row, (identity, text) => vault.seal(identity, text));

async function eachSealed(
  table: string,
  row: Row,
  change: (identity: Identity, text: string) => Promise<string>,
): Promise<Row> {
  const columns = Object.values(sealedColumns).filter((each) => each.table === table);
  const changed = columns.map(async (each): Promise<readonly (readonly [string, string])[]> => {
    const text = row[each.column];
    return typeof text === 'string'
      ? [[each.column, await change(identityIn(each, row), text)]]
      : [];
  });
  return { ...row, ...Object.fromEntries((await Promise.all(changed)).flat()) };
}

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** With ids of its own for what is copied, and its number in names. Ids begin with their time, 01 in these centuries; those of a copy are newer. */
const copyIn = (row: string, n: number, ids: ReadonlySet<string>): string =>
  row
    .replace(ID, (id) => (ids.has(id) ? twoDigits(n + 1) + id.slice(2) : id))
    .replaceAll(ORIGINAL, `qx${twoDigits(n)}`);

const twoDigits = (n: number): string => String(n).padStart(2, '0');
