/** What all changes to sequences and items share: the sequence as it is, and the audit entry. */
import { t } from '../../core/translate.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import type { AuditWhat } from '../work/audit-words.ts';
import { failed } from '../work/change-result.ts';
import { invalidate, sequenceTopic } from '../work/topics.ts';
import type { Sequence } from './sequence.ts';

/** The sequence, unless it was deleted. */
export async function current(tx: Transaction, id: string): Promise<Sequence | undefined> {
  const sequence = await tx.sequences.find(id);
  return sequence?.deletedAt ? undefined : sequence;
}

export const gone = () =>
  failed(t`It has been deleted. Press Sequences on Home to see the others.`);

/** Writes the audit entry, and refreshes the cards of the sequence. */
export async function noteChange(
  tx: Transaction,
  { id, name }: Sequence,
  {
    what = 'sequence.changed',
    actor,
    integrationId,
    detail,
  }: ChangedBy & {
    readonly integrationId?: string | undefined;
    readonly detail?: AuditNote['detail'];
    readonly what?: AuditWhat;
  },
): Promise<void> {
  await tx.audit(what, {
    actor,
    integrationId,
    detail: { sequenceId: id, sequence: name, ...detail },
  });
  await invalidate(tx, sequenceTopic(id));
}
