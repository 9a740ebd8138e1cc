/**
 * Every column of plain JSON, damaged in turn on a furnished company: what reads many rows goes on, and `latchkey doctor` names the one
 * row, once. A new column is found by what is in it.
 */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../../demo/free-port.ts';
import { removalCard } from '../../../src/bots/features/access/removal-card.ts';
import { commands } from '../../../src/bots/features/features.ts';
import { pinnedHome } from '../../../src/bots/features/home/home.ts';
import { importCard } from '../../../src/bots/features/imports/import-card.ts';
import { batchCard } from '../../../src/bots/features/imports/start-for-import.ts';
import { syncCard } from '../../../src/bots/features/imports/sync-card.ts';
import { openButton } from '../../../src/bots/features/list-card.ts';
import { offboardingCard } from '../../../src/bots/features/offboarding/offboarding-card.ts';
import { requestCard } from '../../../src/bots/features/requests/request-card.ts';
import { campaignCard } from '../../../src/bots/features/reviews/campaign-card.ts';
import type { PressReply } from '../../../src/bots/view/action.ts';
import type { Button, Card } from '../../../src/bots/view/card.ts';
import { doctorCommand } from '../../../src/cli/doctor.ts';
import { readConfig } from '../../../src/config/config.ts';
import { newId } from '../../../src/core/ids.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Database, Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { evaluateRules } from '../../../src/engine/rules/evaluate.ts';
import { notePeople } from '../../../src/engine/rules/note-people.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { type ExportSubject, openExport } from '../../../src/engine/work/exports.ts';
import { purge } from '../../../src/engine/work/purge.ts';
import { jsonColumns } from '../../../src/store/json-columns.ts';
import { keepAnswers } from '../../../src/store/runs/run-answers.ts';
import { createRetention } from '../../../src/store/work/retention.ts';
import { capturedOutput } from '../../cli/captured.ts';
import { type ChatOn, testChatOn } from '../../support/chat.ts';
import { buttonsOf, Clicker } from '../../support/clicks.ts';
import { type DatabaseWithFile, databaseWithFile } from '../../support/database/database.ts';
import { storeEverythingHidden } from '../../support/database/every-row.ts';
import { present } from '../../support/given/outcomes.ts';

const SYSTEM = { kind: 'system' } as const;
const later = new Date('2027-11-24T12:00:00.000Z');
const page = { offset: 0, limit: 50 };

let chat: ChatOn<DatabaseWithFile>;
let ada: Person;
let bo: Person;
let ann: Person;
let integrationId: string;
let ids: Awaited<ReturnType<typeof furnish>>;
let port: number;

beforeAll(async () => {
  chat = await testChatOn(databaseWithFile);
  port = await freePort(0);
  await writeFile(
    `${chat.database.file}.key`,
    Buffer.from(chat.database.key).toString('base64url'),
  );
  ada = await chat.person({ email: 'ada@firm.example', firstName: 'Ada', role: 'admin' });
  bo = await chat.person({ email: 'bo@firm.example', firstName: 'Bo' });
  ann = await chat.person({ email: 'ann@firm.example', firstName: 'Ann', managerEmail: bo.email });
  ids = await furnish();
});
afterAll(() => chat.cleanup());

/** Beside one row of every kind that has texts: what has JSON, and isn't among them. */
async function furnish() {
  const { stores, transact } = chat.services;
  const { db } = chat.database;
  const at = new Date(chat.clock);
  await storeEverythingHidden(chat.database);
  const idOf = async (table: string): Promise<string> =>
    (await db<{ readonly id: string }>(table).orderBy('id').first())?.id ?? '';
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://a.example/u', data: { office: '{{OFFICE}}' } }],
    extra_user_info: [{ id: 'DESK', name: 'Desk' }],
  });
  const integration = present(await stores.integrations.find(integrationId));
  const settings = { policy: defaultPolicy, ownerIds: [bo.id] };
  await stores.integrations.save({ ...integration, settings });
  await transact((tx) => changeWorkspaceSettings(tx, { askAboutJoins: true }));
  const [rule] = await stores.rules.on();
  if (rule) await stores.rules.save({ ...rule, draft: rule.definition });
  const [bundle] = (await stores.bundles.list('', page)).items;
  if (bundle) await stores.bundles.save({ ...bundle, tags: ['engineering'] });
  await stores.people.save({
    ...ann,
    stored: { OFFICE: 'Oslo' },
    storedBy: { OFFICE: integrationId },
  });
  const [request] = (await stores.requests.list({}, page)).requests;
  if (request?.state === 'open')
    await stores.requests.save({
      ...request,
      route: {
        kind: 'stages',
        stages: [{ approvers: [{ kind: 'manager' }], approvals: 1, differentPerson: false }],
      },
    });
  await db('transitions').update({
    fields: JSON.stringify([{ field: 'department', to: 'R&D' }]),
    held_before: JSON.stringify([integrationId]),
    former_manager_ids: JSON.stringify([bo.id]),
    notified_ids: JSON.stringify([bo.id]),
  });
  await db('event_endpoints').update({ kinds: JSON.stringify(['request']) });
  await db('run_steps').update({ warnings: JSON.stringify(['Slow.']) });
  const asking = { reviewers: 'named', reviewerIds: [bo.id], undecided: 'keep' } as const;
  const [review, campaign, batch, fileImport] = [newId(), newId(), newId(), newId()];
  await stores.reviews.insert({
    id: review,
    version: 1,
    name: 'Autumn',
    startedById: ada.id,
    state: 'open',
    createdAt: at,
    dueDate: '2026-12-10',
    ...asking,
    next: { kind: 'reviewers', afterId: '', isReminder: false },
  });
  await stores.reviews.insertItems([
    { reviewId: review, personId: ann.id, integrationId, reviewerId: bo.id, state: 'open' },
  ]);
  await stores.campaigns.insert({
    id: campaign,
    version: 1,
    name: 'Each quarter',
    createdById: ada.id,
    createdAt: at,
    state: 'on',
    every: 'quarter',
    firstOn: '2026-11-01',
    fromOn: '2026-11-01',
    days: 14,
    scope: { integrationIds: [integrationId] },
    ...asking,
  });
  const sequenceId = await idOf('sequences');
  await stores.sequenceBatches.insert({
    id: batch,
    version: 1,
    sequenceId,
    whom: { kind: 'people', personIds: [ann.id] },
    past: 'hold',
    askedBy: SYSTEM,
    createdAt: at,
    movedAt: at,
    state: 'asked',
    next: 0,
    counts: { assigned: 0, hadIt: 0, refused: 0, reasons: [] },
  });
  await stores.sequenceEvents.insertMany([
    {
      id: newId(),
      version: 1,
      sequenceId,
      personId: ann.id,
      cause: { kind: 'person-created' },
      at,
      state: 'waiting',
    },
  ]);
  await stores.fileImports.insert({
    id: fileImport,
    version: 1,
    fileName: 'people.csv',
    startedBy: SYSTEM,
    createdAt: at,
    progress: { state: 'discarded' },
  });
  const sync = await idOf('sync_runs');
  await stores.syncRuns.save({ ...(await found(stores.syncRuns.find(sync))) });
  await stores.syncRows.insertMany([
    {
      runId: sync,
      seq: 0,
      email: 'new@firm.example',
      firstName: 'New',
      lastName: '',
      details: { department: 'R&D' },
      state: 'new',
      chosen: true,
    },
  ]);
  return {
    review,
    campaign,
    batch,
    fileImport,
    sync,
    sequence: sequenceId,
    request: await idOf('access_requests'),
    removal: await idOf('removals'),
    offboarding: await idOf('offboardings'),
  };
}

async function found<T>(work: Promise<T | undefined>): Promise<T> {
  return present(await work);
}

class Undo extends Error {}

/** What it would write is rolled back. */
async function undone(work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  await chat.services
    .transact(async (tx) => {
      await work(tx);
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
}

async function exported(of: ExportSubject): Promise<void> {
  const { stores, personalData, services } = { ...chat, stores: chat.services.stores };
  const taker = ada;
  const file = await openExport(JSON.stringify(of), {
    stores,
    personalData,
    now: services.now(),
    taker,
  });
  if (!file) throw new Error(`There is no file of ${of.of}`);
  let size = 0;
  for await (const line of file.lines) size += line.length;
  expect(size).toBeGreaterThan(0);
}

/** Someone whose presses write nothing: what they would change is rolled back. */
function trying({ email }: Person): Clicker {
  const transact: Database['transact'] = async <T>(work: (tx: Transaction) => Promise<T>) => {
    let result: { readonly of: T } | undefined;
    await undone(async (tx) => {
      result = { of: await work(tx) };
    });
    if (!result) throw new Error('It did not end');
    return result.of;
  };
  const turn = async (userId: string) => ({ ...(await chat.turn(userId)), transact });
  return new Clicker({ ...chat, turn }, email);
}

/** Opens its form, or draws its card. */
async function followed(clicker: Clicker, reply: PressReply): Promise<Card | undefined> {
  if (reply.kind === 'open') await reply.form;
  if (!('card' in reply)) return undefined;
  return 'view' in reply.card ? clicker.sees(reply.card) : reply.card;
}

/** Cards that no command leads to, and every button there. */
async function cards(person: Person): Promise<void> {
  const clicker = trying(person);
  for (const card of [
    requestCard.with({ requestId: ids.request }),
    campaignCard.with({ campaignId: ids.campaign }),
    batchCard.with({ batchId: ids.batch }),
    syncCard.with({ runId: ids.sync, page: 0, text: '' }),
    importCard.with({ importId: ids.fileImport, page: 0 }),
    removalCard.with({ removalId: ids.removal }),
    offboardingCard.with({ offboardingId: ids.offboarding, page: 0 }),
  ])
    await pressAll(clicker, await clicker.sees(card));
}

/** A typed command, its list, and what its rows open, with every button there. */
async function lists(person: Person, word: string): Promise<void> {
  const clicker = trying(person);
  const list = await followed(clicker, await clicker.writes(word));
  for (const button of list ? buttonsOf(list) : []) {
    if (!isOpening(button)) continue;
    const opened = await followed(clicker, await clicker.press(button));
    if (opened) await pressAll(clicker, opened);
  }
}

const isOpening = ({ label, does }: Button) => label === openButton('', does).label;

async function pressAll(clicker: Clicker, card: Card): Promise<void> {
  for (const button of buttonsOf(card)) {
    const call = JSON.stringify(button.does);
    if (pressed.has(call)) continue;
    pressed.add(call);
    await followed(clicker, await clicker.press(button)).catch((error: unknown) => {
      throw new Error(`"${button.label}" on "${card.title}"`, { cause: error });
    });
  }
}

/** Since the last damage: many cards have the same button. */
const pressed = new Set<string>();

const looks: Readonly<Record<string, () => Promise<unknown>>> = {
  'Home of an admin': () =>
    new Clicker(chat, ada.email).sees(pinnedHome.with({ personId: ada.id })),
  'Home of a manager': () => new Clicker(chat, bo.email).sees(pinnedHome.with({ personId: bo.id })),
  ...Object.fromEntries(
    commands.map(({ word }) => [`"${word}" of an admin`, () => lists(ada, word)]),
  ),
  ...Object.fromEntries(
    ['access', 'requests', 'tasks', 'give', 'request'].map((word) => [
      `"${word}" of an employee`,
      () => lists(ann, word),
    ]),
  ),
  'cards of an admin': () => cards(ada),
  'an offboarding': () =>
    undone(async (tx) => deactivate(tx, await found(tx.people.hold(ann.id)), { actor: SYSTEM })),
  'the offboarding of who has everything': () =>
    undone(async (tx) => {
      const everything = await found(tx.people.findByEmail('ann@example.com'));
      await deactivate(tx, everything, { actor: SYSTEM });
    }),
  async 'an evaluation'() {
    const { stores, transact, now } = chat.services;
    await transact((tx) => notePeople(tx, [ann.id, bo.id]));
    await evaluateRules({ stores, transact, now, timeZone: 'UTC', pause: async () => undefined });
  },
  'what is due': async () => {
    const { stores } = chat.services;
    await stores.runs.overdue(later);
    await stores.syncRuns.overdue(later);
    await stores.accountRounds.overdue(later);
    await stores.deliveries.overdue(later);
    await stores.discoveries.overdue(later);
    await stores.sequenceEvents.overdue(later);
    await stores.sequenceBatches.overdue(later);
    await stores.eventEndpoints.overdue(later);
    await stores.eventEndpoints.behind();
    await stores.transitions.notFollowedSince(later);
    await stores.tasks.dueBy('2027-01-01', later);
    await stores.factClaims.olderThan(later);
    await stores.campaigns.on();
  },
  'the file of the audit log': () => exported({ of: 'audit', filter: {} }),
  'the file of an offboarding': () => exported({ of: 'offboarding', id: ids.offboarding }),
  'the file of a review': () => exported({ of: 'review', id: ids.review }),
  'a pack of evidence': () => exported({ of: 'evidence', filter: {} }),
  "a person's data": () => exported({ of: 'person', id: ann.id }),
};

async function stopped(): Promise<readonly string[]> {
  pressed.clear();
  const failed: string[] = [];
  for (const [name, look] of Object.entries(looks))
    await look().catch((error: unknown) => failed.push(`${name}: ${inFull(error)}`));
  return failed;
}

const inFull = (error: unknown): string =>
  error instanceof Error && error.cause
    ? `${error.message}: ${inFull(error.cause)}`
    : String(error);

async function doctor(): Promise<string> {
  const { output, stdout } = capturedOutput();
  const settings = readConfig({ DATABASE_URL: chat.database.url, PORT: String(port) });
  await doctorCommand({}, { settings, now: chat.services.now }, output);
  return stdout();
}

interface Place {
  readonly table: string;
  readonly column: string;
  readonly isNamed: boolean;
}

/** Where something is stored that looks like JSON. */
async function placesOfJson(): Promise<readonly Place[]> {
  const { db } = chat.database;
  const tables: readonly string[] = await db('sqlite_master').where('type', 'table').pluck('name');
  const places: Place[] = [];
  for (const table of tables) {
    const rows = await db(table).select<Record<string, unknown>[]>('*');
    for (const column of new Set(rows.flatMap((row) => Object.keys(row)))) {
      const json = rows.map((row) => String(row[column])).filter((text) => /^[[{]/.test(text));
      const isNamed = !json.every(isActor) && !OTHERS.includes(`${table}.${column}`);
      if (json.length > 0) places.push({ table, column, isNamed });
    }
  }
  return places;
}

/** Of who did something: `readActor` has someone unknown in its place. */
const isActor = (text: string): boolean => /^{"kind":"(system|person|operator|api)"/.test(text);

/** What is named by its own name: an entry of the audit log by `latchkey verify`, a removal by its card, the others by the doctor, too. */
const OTHERS = [
  'audit_log.detail',
  'event_endpoints.kinds',
  'manifest_versions.manifest',
  'removals.causes',
];

test('nothing stops at any column of JSON that is damaged, and the doctor names its row once', async () => {
  const places = await placesOfJson();
  expect(
    places
      .flatMap(({ table, column, isNamed }) => (isNamed ? `${table}.${column}` : []))
      .toSorted(),
  ).toEqual(jsonColumns.map(({ column }) => column.place).toSorted());
  expect(await stopped()).toEqual([]);
  const failed: string[] = [];
  for (const round of roundsOf(places)) {
    const restore = await Promise.all(round.map(damage));
    const names = round.map(({ table, column }) => `${table}.${column}`).join(', ');
    for (const each of await stopped()) failed.push(`${names}: ${each}`);
    const said = await doctor();
    for (const { table, column, isNamed } of round) {
      const times = said.split(`${table}.${column} of `).length - 1;
      if (times !== Number(isNamed)) failed.push(`${table}.${column} is named ${times} times`);
    }
    for (const each of restore) await each();
  }
  expect(failed).toEqual([]);
});

/** One column of each table in a round: dozens of looks at each column alone would take minutes. */
const roundsOf = (places: readonly Place[]): readonly (readonly Place[])[] => {
  const rounds: Place[][] = [];
  for (const place of places) {
    const free = rounds.find((round) => round.every(({ table }) => table !== place.table));
    if (free) free.push(place);
    else rounds.push([place]);
  }
  return rounds;
};

/** The newest row that has something there. @returns what mends it */
async function damage({ table, column }: Place): Promise<() => Promise<unknown>> {
  const { db } = chat.database;
  const row: { readonly rowid: number; readonly text: string } | undefined = await db(table)
    .whereNotNull(column)
    .whereNotIn(column, ['{}', '[]'])
    .orderBy('rowid', 'desc')
    .first(db.raw('rowid as rowid, ?? as text', [column]));
  const set = async (text: string) =>
    db(table)
      .where('rowid', row?.rowid ?? 0)
      .update({ [column]: text });
  await set('damaged');
  return () => set(row?.text ?? '');
}

test('data that is too old is deleted with everything damaged', async () => {
  const { db, vault } = chat.database;
  for (const { table, column } of await placesOfJson())
    await db(table).update({ [column]: 'damaged' });
  await db('access_requests').update({ state: 'denied', decided_at: chat.clock });
  const now = () => later;
  const retention = createRetention(db, undefined, {
    vault,
    now,
    keepAnswers: (tx, runIds) => keepAnswers(tx, vault, runIds),
  });
  const days = { retentionDays: 1, evidenceDays: 1, auditDays: 1 };
  const { stores } = chat.services;
  const { deleted } = await purge({
    retention,
    stores,
    ...days,
    now,
    pause: async () => undefined,
  });
  expect(Object.keys(deleted)).toEqual(
    expect.arrayContaining(['runs', 'requests', 'file-imports', 'sequence-batches']),
  );
});
