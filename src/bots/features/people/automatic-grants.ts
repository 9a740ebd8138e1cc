/** Whether someone who is added to the directory, or returns, may get access that no one has chosen for them. */
import type { Stores } from '../../../engine/ports/unit-of-work.ts';

/** By a rule that is on, or by a sequence that starts automatically. */
export async function grantsAutomatically({
  rules,
  sequenceStarts,
}: Pick<Stores, 'rules' | 'sequenceStarts'>): Promise<boolean> {
  const [on, starting] = await Promise.all([
    rules.on(),
    sequenceStarts.startingOn({ kind: 'person-created' }),
  ]);
  return on.length + starting.length > 0;
}
