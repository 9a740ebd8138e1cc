import { t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { Seat } from '../../../engine/requests/seats/seat.ts';

/** The approver, with their delegate of today; each of them may be the reader. */
export function whoFills({ approver, people }: Seat, reader: Person): string {
  const name = approver.id === reader.id ? t`you` : fullName(approver);
  const delegate = people.find(({ id }) => id !== approver.id);
  if (!delegate) return name;
  if (approver.id === reader.id) return t`you (or ${fullName(delegate)}, your delegate)`;
  return delegate.id === reader.id
    ? t`${name} (or you, their delegate)`
    : t`${name} (or ${fullName(delegate)}, their delegate)`;
}
