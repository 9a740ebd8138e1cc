/** Adding, changing, moving and removing the items of a sequence. */
import { t } from '../../core/translate.ts';
import type { ChangedBy } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import { changeOf } from '../work/audit-details.ts';
import { type ChangeResult, done, failed } from '../work/change-result.ts';
import { cancelPlanned } from './cancel-planned.ts';
import { current, gone, noteChange } from './changing.ts';
import { queueReplan } from './queue-replan.ts';
import type { Sequence, SequenceItem } from './sequence.ts';
import { timingWords } from './timing-words.ts';
import { releaseItem } from './waiting.ts';

/** A longer list is too long to read. */
const MAX_ITEMS = 60;

export type NewItem = Pick<SequenceItem, 'timing' | 'does'> & {
  readonly waitsForItemId?: string;
};

/** Adds it at the end. @throws {StaleWrite} if someone else changes the sequence at the same moment */
export async function addItem(
  tx: Transaction,
  sequenceId: string,
  { timing, does, waitsForItemId, ...deps }: NewItem & ChangedBy,
): Promise<ChangeResult<SequenceItem>> {
  const sequence = await held(tx, sequenceId);
  if (!sequence) return gone();
  const items = await tx.sequences.items(sequenceId);
  if (items.length >= MAX_ITEMS)
    return failed(
      t`A sequence can have at most ${MAX_ITEMS} items. Create a second one for the rest.`,
    );
  const item: SequenceItem = {
    id: tx.newId(),
    version: 1,
    sequenceId,
    position: (items.at(-1)?.position ?? -1) + 1,
    timing,
    does,
    waitsForItemId,
  };
  await tx.sequences.insertItem(item);
  await noteItem(tx, sequence, { ...deps, item, detail: { added: does.kind } });
  return done(item);
}

/**
 * Everyone for whom it has yet to happen gets the new version.
 * @param seen the item as the admin saw it: if someone has changed what it does since, nothing changes
 * @throws {StaleWrite}
 */
export async function changeItem(
  tx: Transaction,
  seen: SequenceItem,
  { timing, does, waitsForItemId, ...deps }: NewItem & ChangedBy,
): Promise<ChangeResult<SequenceItem> | 'outdated'> {
  const { id: itemId } = seen;
  const found = await itemNow(tx, itemId);
  if (!found) return gone();
  const { item, sequence } = found;
  if (contentOf(item) !== contentOf(seen)) return 'outdated';
  if (waitsForItemId !== undefined && (await waitsInCircles(tx, item, waitsForItemId)))
    return failed(t`These two items would wait for each other. Choose another task to wait for.`);
  const { waitsForItemId: _, ...rest } = item;
  const saved = await tx.sequences.saveItem({
    ...rest,
    timing,
    does,
    waitsForItemId,
  });
  if (waitsForItemId !== item.waitsForItemId) await releaseItem(tx, itemId);
  if (JSON.stringify(timing) !== JSON.stringify(item.timing)) await queueReplan(tx.queue, {});
  await noteItem(tx, sequence, { ...deps, item: saved, was: item, detail: { changed: does.kind } });
  return done(saved);
}

const contentOf = ({ timing, does, waitsForItemId }: NewItem): string =>
  JSON.stringify([timing, does, waitsForItemId]);

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

/** One place up or down. In the same minute, the upper item happens first. @throws {StaleWrite} */
export async function moveItem(
  tx: Transaction,
  itemId: string,
  { direction, ...deps }: ChangedBy & { readonly direction: 'up' | 'down' },
): Promise<ChangeResult<SequenceItem>> {
  const found = await itemNow(tx, itemId);
  if (!found) return gone();
  const items = await tx.sequences.items(found.item.sequenceId);
  const index = items.findIndex(({ id }) => id === itemId);
  const other = items[direction === 'up' ? index - 1 : index + 1];
  if (!other) return done(found.item); // It is the first or the last one already.
  const moved = await tx.sequences.saveItem({ ...found.item, position: other.position });
  await tx.sequences.saveItem({ ...other, position: found.item.position });
  await noteItem(tx, found.sequence, { ...deps, item: moved, detail: { moved: moved.does.kind } });
  return done(moved);
}

/** In this order. @param ids of all of its items @throws {StaleWrite} */
export async function orderItems(
  tx: Transaction,
  sequenceId: string,
  { ids, ...deps }: ChangedBy & { readonly ids: readonly string[] },
): Promise<void> {
  const sequence = await held(tx, sequenceId);
  if (!sequence) return;
  const items = await tx.sequences.items(sequenceId);
  const positions = items.map(({ position }) => position);
  for (const [index, position] of positions.entries()) {
    const item = items.find(({ id }) => id === ids[index]);
    if (!item || item.position === position) continue;
    const moved = await tx.sequences.saveItem({ ...item, position });
    await noteItem(tx, sequence, { ...deps, item: moved, detail: { moved: moved.does.kind } });
  }
}

/** It is cancelled where it has yet to happen. Where it has happened, it stays in the timeline. @throws {StaleWrite} */
export async function removeItem(
  tx: Transaction,
  itemId: string,
  deps: ChangedBy,
): Promise<ChangeResult<SequenceItem>> {
  const found = await itemNow(tx, itemId);
  if (!found) return gone();
  const removed = await tx.sequences.saveItem({ ...found.item, removedAt: tx.now });
  const why = () => t`It was removed from the sequence ${found.sequence.name}.`;
  await cancelPlanned(tx, { itemIds: [itemId] }, { why, actor: deps.actor });
  await noteItem(tx, found.sequence, {
    ...deps,
    item: removed,
    detail: { removed: removed.does.kind },
  });
  return done(removed);
}

/** Which item it is, by its app and its time; never what it says. */
async function noteItem(
  tx: Transaction,
  sequence: Sequence,
  {
    item,
    was,
    detail,
    ...deps
  }: ChangedBy & {
    readonly item: SequenceItem;
    readonly was?: SequenceItem;
    readonly detail: NonNullable<AuditNote['detail']>;
  },
): Promise<void> {
  const { does } = item;
  const [when, before] = await inWorkspaceLocale(tx, async () =>
    [item, was ?? item].map(({ timing }) => timingWords(timing, sequence.anchor)),
  );
  await noteChange(tx, sequence, {
    ...deps,
    integrationId: 'integrationId' in does ? does.integrationId : undefined,
    detail: {
      ...detail,
      itemId: item.id,
      when: when ?? '',
      ...changeOf({ when: before ?? '' }, { when: when ?? '' }),
    },
  });
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

/** Saves its next version: if two people change its items at the same moment, one gets a `StaleWrite`. */
async function held(tx: Transaction, id: string): Promise<Sequence | undefined> {
  const sequence = await current(tx, id);
  return sequence && tx.sequences.save(sequence);
}
