/** Making and changing sequences. What has not happened yet follows the change; a new item is for whoever gets the sequence from then on. */
import { say } from '../../core/say.ts';
import type { Actor } from '../directory.ts';
import type { Clock, NewId } from '../ports/time-and-chance.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { queueReplan } from '../queue-replan.ts';
import { sequenceSubject, touch } from '../subjects.ts';
import { cancelPlanned } from './cancel-planned.ts';
import type { Anchor, Sequence, SequenceItem } from './sequence.ts';

export interface Changing {
  readonly now: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}

export type Changed<T> =
  | { readonly ok: true; readonly value: T }
  /** Nothing was stored. `why` is a sentence for people. */
  | { readonly ok: false; readonly why: string };

/** More of a name nobody reads in a list. */
export const LONGEST_NAME = 80;
/** As many as somebody still looks through. */
const MOST_ITEMS = 60;

export type NewItem = Pick<SequenceItem, 'timing' | 'does'> & {
  readonly waitsForItemId?: string | undefined;
};

export async function makeSequence(
  tx: Transaction,
  wanted: {
    readonly name: string;
    readonly anchor: Anchor;
    readonly isForEveryHire: boolean;
  },
  parts: Changing,
): Promise<Changed<Sequence>> {
  const name = readName(wanted.name);
  if (!name.ok) return name;
  const sequence: Sequence = {
    id: parts.newId(),
    version: 1,
    name: name.value,
    anchor: wanted.anchor,
    isOn: true,
    isForEveryHire: wanted.isForEveryHire && wanted.anchor !== 'end-date',
    createdAt: parts.now(),
  };
  if ((await tx.sequences.insert(sequence)) === 'taken') return taken(name.value);
  await note(tx, 'sequence.made', sequence, parts);
  return done(sequence);
}

/** @throws {StaleWrite} where somebody else changes it at the same moment */
export async function changeSequence(
  tx: Transaction,
  id: string,
  change: Partial<Pick<Sequence, 'name' | 'isOn' | 'isForEveryHire'>>,
  parts: Changing,
): Promise<Changed<Sequence>> {
  const sequence = await current(tx, id);
  if (!sequence) return gone();
  const name = readName(change.name ?? sequence.name);
  if (!name.ok) return name;
  const other = await tx.sequences.findByName(name.value);
  if (other && other.id !== id) return taken(name.value);
  const isForEveryHire =
    (change.isForEveryHire ?? sequence.isForEveryHire) && sequence.anchor !== 'end-date';
  const saved = await tx.sequences.save({
    ...sequence,
    ...change,
    name: name.value,
    isForEveryHire,
  });
  await note(tx, 'sequence.changed', saved, parts, {
    on: saved.isOn,
    forEveryHire: saved.isForEveryHire,
  });
  return done(saved);
}

/** The same items under another name; nobody has it, and it comes to nobody by itself. */
export async function duplicateSequence(
  tx: Transaction,
  id: string,
  parts: Changing,
): Promise<Changed<Sequence>> {
  const sequence = await current(tx, id);
  if (!sequence) return gone();
  const copy: Sequence = {
    ...sequence,
    id: parts.newId(),
    version: 1,
    name: await nameOfCopy(tx, sequence.name),
    isForEveryHire: false,
    createdAt: parts.now(),
  };
  if ((await tx.sequences.insert(copy)) === 'taken') return taken(copy.name);
  const items = await tx.sequences.items(id);
  const ids = new Map(items.map((item) => [item.id, parts.newId()]));
  for (const { waitsForItemId, ...item } of items) {
    const waitsFor = waitsForItemId === undefined ? undefined : ids.get(waitsForItemId);
    await tx.sequences.insertItem({
      ...item,
      id: ids.get(item.id) ?? parts.newId(),
      version: 1,
      sequenceId: copy.id,
      ...(waitsFor !== undefined && { waitsForItemId: waitsFor }),
    });
  }
  await note(tx, 'sequence.made', copy, parts, { copyOf: sequence.name });
  return done(copy);
}

async function nameOfCopy(tx: Transaction, name: string): Promise<string> {
  const short = name.slice(0, LONGEST_NAME - 12);
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? say`${short} (copy)` : say`${short} (copy ${number})`;
    if (!(await tx.sequences.findByName(wanted))) return wanted;
  }
}

/** Its name is free again, and what it has planned happens no more; what it has done stays in the timelines. */
export async function deleteSequence(
  tx: Transaction,
  id: string,
  parts: Changing,
): Promise<Changed<Sequence>> {
  const sequence = await current(tx, id);
  if (!sequence) return gone();
  const deleted = await tx.sequences.save({ ...sequence, isOn: false, deletedAt: parts.now() });
  const why = say`The sequence ${sequence.name} was deleted.`;
  const cancelled = await cancelPlanned(tx, { sequenceId: id }, why, parts.actor, parts);
  await note(tx, 'sequence.deleted', deleted, parts, { cancelled });
  return done(deleted);
}

/** At the end of the sequence. @throws {StaleWrite} where somebody else changes it at the same moment */
export async function addItem(
  tx: Transaction,
  sequenceId: string,
  { timing, does, waitsForItemId }: NewItem,
  parts: Changing,
): Promise<Changed<SequenceItem>> {
  const sequence = await held(tx, sequenceId);
  if (!sequence) return gone();
  const items = await tx.sequences.items(sequenceId);
  if (items.length >= MOST_ITEMS)
    return failed(say`A sequence holds ${MOST_ITEMS} items. Make a second one for the rest.`);
  const item: SequenceItem = {
    id: parts.newId(),
    version: 1,
    sequenceId,
    position: (items.at(-1)?.position ?? -1) + 1,
    timing,
    does,
    ...(waitsForItemId !== undefined && { waitsForItemId }),
  };
  await tx.sequences.insertItem(item);
  await note(tx, 'sequence.changed', sequence, parts, { added: does.kind });
  return done(item);
}

/** Everybody for whom it has not happened yet gets it as it is now. @throws {StaleWrite} */
export async function changeItem(
  tx: Transaction,
  itemId: string,
  { timing, does, waitsForItemId }: NewItem,
  parts: Changing,
): Promise<Changed<SequenceItem>> {
  const found = await itemNow(tx, itemId);
  if (!found) return gone();
  const { item, sequence } = found;
  if (waitsForItemId !== undefined && (await waitsInCircles(tx, item, waitsForItemId)))
    return failed(say`These two items would wait for each other. Choose another task to wait for.`);
  const { waitsForItemId: _, ...rest } = item;
  const saved = await tx.sequences.saveItem({
    ...rest,
    timing,
    does,
    ...(waitsForItemId !== undefined && { waitsForItemId }),
  });
  if (JSON.stringify(timing) !== JSON.stringify(item.timing)) await queueReplan(tx.queue, {});
  await note(tx, 'sequence.changed', sequence, parts, { changed: does.kind });
  return done(saved);
}

async function waitsInCircles(
  tx: Transaction,
  item: SequenceItem,
  waitsForItemId: string,
): Promise<boolean> {
  const items = await tx.sequences.items(item.sequenceId);
  let next: string | undefined = waitsForItemId;
  for (let steps = 0; next !== undefined && steps <= items.length; steps += 1) {
    if (next === item.id) return true;
    next = items.find(({ id }) => id === next)?.waitsForItemId;
  }
  return false;
}

/** One place up or down. Of the same minute the upper one happens first. @throws {StaleWrite} */
export async function moveItem(
  tx: Transaction,
  itemId: string,
  direction: 'up' | 'down',
  parts: Changing,
): Promise<Changed<SequenceItem>> {
  const found = await itemNow(tx, itemId);
  if (!found) return gone();
  const items = await tx.sequences.items(found.item.sequenceId);
  const index = items.findIndex(({ id }) => id === itemId);
  const other = items[direction === 'up' ? index - 1 : index + 1];
  if (!other) return done(found.item); // It is the first or the last one already.
  const moved = await tx.sequences.saveItem({ ...found.item, position: other.position });
  await tx.sequences.saveItem({ ...other, position: found.item.position });
  await note(tx, 'sequence.changed', found.sequence, parts, { moved: found.item.does.kind });
  return done(moved);
}

/** It happens to nobody any more; to whom it has happened it stays in the timeline. @throws {StaleWrite} */
export async function removeItem(
  tx: Transaction,
  itemId: string,
  parts: Changing,
): Promise<Changed<SequenceItem>> {
  const found = await itemNow(tx, itemId);
  if (!found) return gone();
  const removed = await tx.sequences.saveItem({ ...found.item, removedAt: parts.now() });
  const why = say`It was taken out of the sequence ${found.sequence.name}.`;
  await cancelPlanned(tx, { itemIds: [itemId] }, why, parts.actor, parts);
  await note(tx, 'sequence.changed', found.sequence, parts, { removed: found.item.does.kind });
  return done(removed);
}

async function itemNow(
  tx: Transaction,
  itemId: string,
): Promise<{ readonly item: SequenceItem; readonly sequence: Sequence } | undefined> {
  const found = await tx.sequences.findItem(itemId);
  const sequence = found && (await held(tx, found.sequenceId));
  const item = await tx.sequences.findItem(itemId);
  return sequence && item && !item.removedAt ? { item, sequence } : undefined;
}

/** Its next version: of two who change its items at the same moment one is told to look again. */
async function held(tx: Transaction, id: string): Promise<Sequence | undefined> {
  const sequence = await current(tx, id);
  return sequence && tx.sequences.save(sequence);
}

async function current(tx: Transaction, id: string): Promise<Sequence | undefined> {
  const sequence = await tx.sequences.find(id);
  return sequence?.deletedAt ? undefined : sequence;
}

function readName(text: string): Changed<string> {
  const name = text.replaceAll(/\s+/g, ' ').trim();
  if (name === '') return failed(say`A sequence needs a name.`);
  return name.length > LONGEST_NAME
    ? failed(say`At most ${LONGEST_NAME} characters; this has ${name.length}.`)
    : done(name);
}

const done = <T>(value: T) => ({ ok: true, value }) as const;
const failed = (why: string) => ({ ok: false, why }) as const;
const taken = (name: string) =>
  failed(say`Another sequence is called ${name}. Choose another name.`);
const gone = () => failed(say`It was deleted meanwhile. Write "sequences" to see what is there.`);

async function note(
  tx: Transaction,
  what: string,
  { id, name }: Sequence,
  { newId, now, actor }: Changing,
  detail: Readonly<Record<string, string | number | boolean>> = {},
): Promise<void> {
  await tx.audit.add({
    id: newId(),
    at: now(),
    actor,
    what,
    detail: { sequenceId: id, sequence: name, ...detail },
  });
  await touch(tx, sequenceSubject(id));
}
