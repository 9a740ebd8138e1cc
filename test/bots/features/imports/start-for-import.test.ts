/** "Start a sequence…" on what tells of an import: which, for whom, what it means; then little by little. */
import { beforeEach, describe, expect, test } from 'vitest';
import { importCard } from '../../../../src/bots/features/imports/import-card.ts';
import { batchCard } from '../../../../src/bots/features/imports/start-for-import.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { newId } from '../../../../src/core/ids.ts';
import { nothingImported } from '../../../../src/engine/imports/file-import.ts';
import { blank } from '../../../../src/engine/people/people.ts';
import { advanceBatch, beginBatch } from '../../../../src/engine/sequences/batch.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';

const ADA = 'ada@example.com';
const IMPORT = newId();
const SEQUENCE = newId();

let chat: TestChat;
let ada: Clicker;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  ada = new Clicker(chat, ADA);
  const { stores } = chat.services;
  await stores.sequences.insert({
    id: SEQUENCE,
    version: 1,
    name: 'First week',
    anchor: 'start-date',
    isOn: true,
    isForEveryHire: false,
    createdAt: new Date(0),
  });
  for (const [position, timing] of [
    { kind: 'before', days: 3, time: '09:00' } as const,
    { kind: 'on', time: '09:00' } as const,
  ].entries())
    await stores.sequences.insertItem({
      id: newId(),
      version: 1,
      sequenceId: SEQUENCE,
      position,
      timing,
      does: {
        kind: 'message',
        channel: 'email',
        to: '{{email}}',
        subject: 'Hi',
        text: 'Welcome',
      },
    });
});

/** A file that has added people, the first of whom have begun already. */
async function imported(count: number, late = 0): Promise<void> {
  const { stores, now } = chat.services;
  const people = Array.from({ length: count }, (_, n) => ({
    ...blank(newId(), `p${String(n).padStart(4, '0')}@example.com`),
    startDate: n < late ? '2026-11-01' : '2026-12-15',
    addedByImport: IMPORT,
  }));
  for (let start = 0; start < count; start += 250)
    await stores.people.insertMany(people.slice(start, start + 250));
  const at = now();
  const actor = { kind: 'system' } as const;
  await stores.people.insert(blank(newId(), 'stranger@example.com'));
  await stores.fileImports.insert({
    id: IMPORT,
    version: 1,
    fileName: 'people.csv',
    startedBy: actor,
    createdAt: at,
    progress: {
      state: 'done',
      plan: {
        rows: count,
        fresh: count,
        returning: 0,
        existing: 0,
        invalid: 0,
        partly: 0,
        partlyWhy: [],
        admins: 0,
        promoted: 0,
        managersOfAdmins: 0,
        byReason: {},
      },
      counts: { ...nothingImported, created: count },
      finishedAt: at,
    },
  });
}

const advance =
  (pause = async () => {}) =>
  async (id: string) =>
    advanceBatch(id, { ...chat.services, pause });
const card = (): Promise<Card> => ada.sees(importCard.with({ importId: IMPORT, page: 0 }));
const asked = async (answers = {}): Promise<Card> =>
  ada.gets(buttonOf(await card(), 'Start a sequence…'), { sequence: SEQUENCE, ...answers });

async function batchId(): Promise<string> {
  const rows = await chat.database
    .db<{ readonly id: string }>('sequence_batches')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  return rows[0]?.id ?? '';
}
const assignments = async () => chat.database.db('sequence_assignments').pluck('person_id');

describe('for all whom a file has added', () => {
  test('says how many and what is past, and starts it little by little after the OK', async () => {
    await imported(310, 4);
    const confirm = await asked();
    expect(confirm.title).toBe('Start First week for 310 people?');
    expect(textOf(confirm)).toContain(
      'For 4 of them, 8 items are overdue. They wait in the timeline',
    );
    expect(await assignments()).toEqual([]);

    await ada.press(buttonOf(confirm, 'Start for 310 people'));
    let pauses = 0;
    await advance(async () => void (pauses += 1))(await batchId());
    expect(pauses).toBeGreaterThan(10);
    expect(new Set(await assignments()).size).toBe(310);
    const over = await ada.sees(batchCard.with({ batchId: await batchId() }));
    expect(over.title).toBe('✓ First week started for 310 people');
  });

  test('says one item as one', async () => {
    await imported(1, 1);
    const { stores } = chat.services;
    const [, later] = await stores.sequences.items(SEQUENCE);
    if (later) await chat.database.db('sequence_items').where({ id: later.id }).delete();
    expect(textOf(await asked())).toContain('For 1 of them, 1 item is overdue. It waits');
    expect(textOf(await asked({ past: 'fire' }))).toContain(
      '1 item is overdue and happens at once.',
    );
  });

  test("isn't started where for whom can no longer be read", async () => {
    await imported(3);
    await asked();
    await chat.database.db('sequence_batches').update({ whom: 'damaged' });
    const seen = await ada.sees(batchCard.with({ batchId: await batchId() }));
    expect(seen.title).toBe("First week can't be started");
    await ada.press(buttonOf(seen, "Don't start"));
    expect(await chat.database.db('sequence_batches').first('state', 'whom')).toEqual({
      state: 'dropped',
      whom: 'damaged',
    });
  });

  test('ends and says so where for whom can no longer be read since', async () => {
    await imported(3);
    await asked();
    const id = await batchId();
    await chat.services.transact((tx) => beginBatch(tx, id, chat.services.now()));
    await chat.database.db('sequence_batches').update({ whom: 'damaged' });
    await advance()(id);
    expect(textOf(await ada.sees(batchCard.with({ batchId: id })))).toContain('Start it again');
    expect(await assignments()).toEqual([]);
  });

  test('a process that dies in the middle leaves the rest to the next', async () => {
    await imported(100);
    await asked();
    const id = await batchId();
    await chat.services.transact((tx) => beginBatch(tx, id, chat.services.now()));
    const dying = async () => {
      throw new Error('killed');
    };
    await expect(advance(dying)(id)).rejects.toThrow('killed');
    expect(await assignments()).toHaveLength(20);
    expect((await ada.sees(batchCard.with({ batchId: id }))).title).toBe('… Starting First week');
    await Promise.all([advance()(id), advance()(id)]);
    expect(await assignments()).toHaveLength(100);
  });

  test('an erased person moves no one past another', async () => {
    await imported(60);
    await asked();
    const id = await batchId();
    const { stores, transact, now } = chat.services;
    await transact((tx) => beginBatch(tx, id, now()));
    const dying = async () => {
      throw new Error('killed');
    };
    await expect(advance(dying)(id)).rejects.toThrow('killed');
    const [first = ''] = await stores.people.addedBy(IMPORT, '', 1);
    await chat.database.db('people').where({ id: first }).delete();
    await advance()(id);
    expect(new Set(await assignments()).size).toBe(59);
    expect((await stores.sequenceBatches.find(id))?.counts).toMatchObject({ assigned: 60 });
  });

  test('pressed twice, it happens once; left, it happens not at all', async () => {
    await imported(3);
    const confirm = await asked();
    await ada.press(buttonOf(confirm, 'Start for 3 people'));
    await ada.press(buttonOf(confirm, 'Start for 3 people'));
    await ada.press(buttonOf(confirm, "Don't start"));
    await advance()(await batchId());
    expect(await assignments()).toHaveLength(3);

    const second = await asked();
    await ada.press(buttonOf(second, "Don't start"));
    expect((await ada.sees(batchCard.with({ batchId: await batchId() }))).title).toBe(
      'First week was started for no one',
    );
  });

  test('who has it already, or has left, is counted apart', async () => {
    await imported(3);
    await ada.press(buttonOf(await asked(), 'Start for 3 people'));
    await advance()(await batchId());
    const person = await chat.services.stores.people.findByEmail('p0000@example.com');
    await chat.database.db('sequence_assignments').where({ person_id: person?.id }).delete();
    if (person) await chat.services.transact((tx) => tx.people.save({ ...person, active: false }));
    await ada.press(buttonOf(await asked(), 'Start for 3 people'));
    await advance()(await batchId());
    const text = textOf(await ada.sees(batchCard.with({ batchId: await batchId() })));
    expect(text).toContain('2 people already had it');
    expect(text).toContain("It wasn't started for 1 person.");
  });

  test('someone who has it already leaves no one to start it for, and the card says so', async () => {
    await imported(2);
    for (let times = 0; times < 2; times++) {
      await ada.press(buttonOf(await asked(), 'Start for 2 people'));
      await advance()(await batchId());
    }
    const over = await ada.sees(batchCard.with({ batchId: await batchId() }));
    expect(over.title).toBe('First week was started for no one');
    expect(textOf(over)).toContain('2 people already had it; it continues for them.');
  });
});

test('only those who were chosen get it', async () => {
  await imported(5);
  const chosen = await chat.services.stores.people.findByEmail('p0003@example.com');
  const confirm = await asked({ people: [chosen?.id ?? ''], past: 'fire' });
  expect(confirm.title).toBe('Start First week for 1 person?');
  await ada.press(buttonOf(confirm, 'Start for 1 person'));
  await advance()(await batchId());
  expect(await assignments()).toEqual([chosen?.id]);
});

test('nobody but admins starts it', async () => {
  await imported(2);
  const confirm = await asked();
  await chat.person({ email: 'bo@example.com' });
  const bo = new Clicker(chat, 'bo@example.com');
  expect((await bo.presses(buttonOf(confirm, 'Start for 2 people'))).title).toMatch(/^You can't/);
  expect((await chat.services.stores.sequenceBatches.find(await batchId()))?.state).toBe('asked');
});
