import type { ThingKind } from '../../engine/configuration/managed.ts';
import { managedWords } from '../../engine/configuration/managed-words.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import { type Block, muted } from '../view/card.ts';

/** A line for the card of a thing; none where no file manages it. */
export async function managedByFiles(
  stores: Pick<Stores, 'managedThings'>,
  kind: ThingKind,
  id: string,
): Promise<Block[]> {
  const words = await managedWords(stores, kind, id);
  return words === undefined ? [] : [muted(words)];
}
