import { isWrite } from '../../core/network/is-write.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Run } from '../runs/run.ts';

/** Whether any attempt of the run has sent a write, which may have granted access. */
export async function hasWritten(
  { runs }: Pick<Stores, 'runs'>,
  { id, attempt }: Run,
): Promise<boolean> {
  for (let each = 1; each <= attempt; each += 1)
    if ((await runs.steps(id, each)).some(isWrite)) return true;
  return false;
}
