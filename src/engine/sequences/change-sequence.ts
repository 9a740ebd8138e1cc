/** Making, changing, copying and deleting sequences. Open items follow the change. */
import { t } from '../../core/translate.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { changeOf } from '../work/audit-details.ts';
import { type ChangeResult, done, failed, readName } from '../work/change-result.ts';
import { cancelDeleted } from './cancel-planned.ts';
import { current, gone, noteChange } from './changing.ts';
import type { Anchor, Sequence } from './sequence.ts';

/** A list shows no more of a name. */
export const LONGEST_NAME = 80;
export async function makeSequence(
  tx: Transaction,
  wanted: {
    readonly name: string;
    readonly anchor: Anchor;
    readonly isForEveryHire: boolean;
  },
  deps: ChangedBy,
): Promise<ChangeResult<Sequence>> {
  const name = nameFrom(wanted.name);
  if (!name.ok) return name;
  const sequence: Sequence = {
    id: tx.newId(),
    version: 1,
    name: name.value,
    anchor: wanted.anchor,
    isOn: true,
    isForEveryHire: wanted.isForEveryHire && wanted.anchor !== 'end-date',
    createdAt: tx.now,
  };
  if ((await tx.sequences.insert(sequence)) === 'taken') return taken(tx, name.value);
  await noteChange(tx, sequence, { ...deps, what: 'sequence.made' });
  return done(sequence);
}

/** @throws {StaleWrite} if someone else changes it at the same moment */
export async function changeSequence(
  tx: Transaction,
  id: string,
  {
    change,
    ...deps
  }: ChangedBy & { readonly change: Partial<Pick<Sequence, 'name' | 'isOn' | 'isForEveryHire'>> },
): Promise<ChangeResult<Sequence>> {
  const sequence = await current(tx, id);
  if (!sequence) return gone();
  const name = nameFrom(change.name ?? sequence.name);
  if (!name.ok) return name;
  const other = await tx.sequences.findByName(name.value);
  if (other && other.id !== id) return taken(tx, name.value);
  const isForEveryHire =
    (change.isForEveryHire ?? sequence.isForEveryHire) && sequence.anchor !== 'end-date';
  const saved = await tx.sequences.save({
    ...sequence,
    ...change,
    name: name.value,
    isForEveryHire,
  });
  await noteChange(tx, saved, {
    ...deps,
    detail: {
      on: saved.isOn,
      forEveryHire: saved.isForEveryHire,
      ...changeOf(partsOf(sequence), partsOf(saved)),
    },
  });
  return done(saved);
}

const partsOf = ({ name, isOn, isForEveryHire }: Sequence) => ({
  name,
  on: isOn,
  forEveryHire: isForEveryHire,
});

/** The same items under another name. It is assigned to nobody, and nothing starts it automatically. */
export async function duplicateSequence(
  tx: Transaction,
  id: string,
  deps: ChangedBy,
): Promise<ChangeResult<Sequence>> {
  const sequence = await current(tx, id);
  if (!sequence) return gone();
  const copy: Sequence = {
    ...sequence,
    id: tx.newId(),
    version: 1,
    name: await nameOfCopy(tx, sequence.name),
    isForEveryHire: false,
    createdAt: tx.now,
  };
  if ((await tx.sequences.insert(copy)) === 'taken') return taken(tx, copy.name);
  const items = await tx.sequences.items(id);
  const ids = new Map(items.map((item) => [item.id, tx.newId()]));
  for (const { waitsForItemId, ...item } of items) {
    const waitsFor = waitsForItemId === undefined ? undefined : ids.get(waitsForItemId);
    await tx.sequences.insertItem({
      ...item,
      id: ids.get(item.id) ?? tx.newId(),
      version: 1,
      sequenceId: copy.id,
      waitsForItemId: waitsFor,
    });
  }
  await noteChange(tx, copy, { ...deps, what: 'sequence.made', detail: { copyOf: sequence.name } });
  return done(copy);
}

async function nameOfCopy(tx: Transaction, name: string): Promise<string> {
  const short = name.slice(0, LONGEST_NAME - 12);
  for (let number = 1; ; number += 1) {
    const wanted = number > 1 ? t`${short} (copy ${number})` : t`${short} (copy)`;
    if (!(await tx.sequences.findByName(wanted))) return wanted;
  }
}

/** Its name is free again. Its open items are cancelled, by a worker if there are many. Timelines keep what it has done. */
export async function deleteSequence(
  tx: Transaction,
  id: string,
  deps: ChangedBy,
): Promise<ChangeResult<Sequence>> {
  const sequence = await current(tx, id);
  if (!sequence) return gone();
  const deleted = await tx.sequences.save({ ...sequence, isOn: false, deletedAt: tx.now });
  const cancelled = await cancelDeleted(tx, sequence, deps.actor);
  await noteChange(tx, deleted, { ...deps, what: 'sequence.deleted', detail: { cancelled } });
  return done(deleted);
}

const nameFrom = (typed: string): ChangeResult<string> =>
  readName(typed, { maxLength: LONGEST_NAME, isMissing: () => t`A sequence needs a name.` });

/** Says the name of the other one, whose capitals may differ from what was typed. */
async function taken(tx: Transaction, typed: string): Promise<ChangeResult<Sequence>> {
  const name = (await tx.sequences.findByName(typed))?.name ?? typed;
  return failed(t`Another sequence is called ${name}. Choose another name.`);
}
