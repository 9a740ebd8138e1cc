/** What files that people download say of a removal. */
import type { Removal } from '../access/removals/removal.ts';
import type { Names } from './names.ts';

/** State of a removal, when it ended, its proof, by whom, how often it was tried, and why the access still exists. */
export async function removalCells(
  removal: Removal | undefined,
  names: Names,
): Promise<readonly [string, string, string, string, string, string]> {
  if (!removal) return ['nothing granted', '', '', '', '', ''];
  const { tries, why = '' } = removal;
  if (removal.state !== 'gone') {
    const at = removal.state === 'withdrawn' ? removal.endedAt.toISOString() : '';
    return [removal.state, at, '', '', String(tries), why];
  }
  const { kind, byId } = removal.proof;
  const by = byId === undefined ? 'Latchkey' : await names.person(byId);
  return [removal.state, removal.endedAt.toISOString(), kind, by, String(tries), ''];
}
