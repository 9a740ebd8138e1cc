/** Whether so many of these approvers can approve. */
import { plural, t } from '../../core/translate.ts';
import type { Policy } from '../settings/settings.ts';

/** `why` is a sentence for people; undefined where the policy may be so. */
export function approversProblem({
  approvers,
  approvals,
}: Pick<Policy, 'approvers' | 'approvals'>): { readonly why: string } | undefined {
  if (approvers.kind === 'manager' && approvals > 1)
    return { why: t`Everyone has only one manager: choose 1, or choose other approvers.` };
  if (approvers.kind !== 'people') return undefined;
  const { length: count } = approvers.personIds;
  return approvals > count
    ? {
        why: plural(count, {
          one: t`There is only 1 approver: choose at most 1.`,
          other: t`There are only ${count} approvers: choose at most ${count}.`,
        }),
      }
    : undefined;
}
