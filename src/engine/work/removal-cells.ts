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
  const { state, proof, 'proven by': by } = await proofCells(removal, names);
  return [state, removal.endedAt.toISOString(), proof, by, String(tries), ''];
}

/** A damaged proof proves nothing, so the state doesn't say that it is gone. */
export async function proofCells(
  removal: Removal,
  names: Names,
): Promise<Readonly<Record<'state' | 'proof' | 'proven by', string>>> {
  if (removal.state !== 'gone') return { state: removal.state, proof: '', 'proven by': '' };
  const { proof } = removal;
  if (proof.kind === 'damaged')
    return { state: 'not proven', proof: `damaged: ${proof.stored ?? ''}`, 'proven by': '' };
  const by = proof.byId === undefined ? 'Latchkey' : await names.person(proof.byId);
  return { state: 'gone', proof: proof.kind, 'proven by': by };
}
