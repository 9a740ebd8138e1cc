/** Why admins may approve a request although its stage names others. */
import { t } from '../../core/translate.ts';

export type WhyAdmins =
  | 'needs-approval'
  | 'manager-requested'
  | 'manager-left'
  | 'no-manager'
  | 'no-managers-manager'
  | 'none-can'
  | 'too-few';

/** @param isForReader whether the request is for the person who reads this */
export function whyAdminsWords(why: WhyAdmins, isForReader: boolean): string {
  return {
    'needs-approval': () =>
      t`One of the options needs approval, so a Latchkey admin has to approve it.`,
    'manager-requested': () =>
      isForReader
        ? t`Your manager made the request, so admins approve it.`
        : t`Their manager made the request, so admins approve it.`,
    'manager-left': () =>
      isForReader
        ? t`Your manager has left, so admins approve it.`
        : t`Their manager has left, so admins approve it.`,
    'no-manager': () =>
      isForReader
        ? t`You have no manager in the directory, so admins approve it.`
        : t`They have no manager in the directory, so admins approve it.`,
    'no-managers-manager': () =>
      isForReader
        ? t`Your manager has no manager in the directory, so admins approve it.`
        : t`Their manager has no manager in the directory, so admins approve it.`,
    'none-can': () => t`None of its approvers can approve this one, so admins do.`,
    'too-few': () => t`Too few of its approvers can approve this one, so admins can too.`,
  }[why]();
}
