/** Retry of what a rule could not give. */
import type { ChangedBy } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import { notePeople } from './note-people.ts';
import type { RuleTrouble } from './rule.ts';

/** Someone has put right what was wrong: the item is given at once, with all tries before it. */
export async function retryTrouble(
  tx: Transaction,
  { personId, itemId, integrationId }: Pick<RuleTrouble, 'personId' | 'itemId' | 'integrationId'>,
  { actor }: ChangedBy,
): Promise<void> {
  const person = await tx.people.hold(personId);
  const trouble = (await tx.ruleTroubles.of(personId)).find(
    (each) => each.itemId === itemId && each.integrationId === integrationId,
  );
  if (!person || !trouble) return;
  const { failedAt: _, notifiedAt: __, regrantedAt: ___, ...rest } = trouble;
  await tx.ruleTroubles.put({ ...rest, failures: 0 }); // It keeps which failure was counted.
  await tx.audit('rule.tried-again', { actor, personId, integrationId });
  await notePeople(tx, [personId]);
  await invalidate(tx, personTopic(personId));
}
