/** Whether someone may change a person's access at an app, with the people and the app as they are now. */
import { t } from '../../core/translate.ts';
import type { Person, PersonAtApp } from '../people/directory.ts';
import { may, mayGrant, mayManage } from '../people/permission.ts';

export type AccessChange = 'grant' | 'revoke' | 'retry' | 'cancel';

/** What someone tried and may not, for the audit log. */
export const changeWords = (what: AccessChange): string =>
  ({
    grant: t`grant this`,
    revoke: t`revoke this`,
    retry: t`retry this`,
    cancel: t`cancel this`,
  })[what];

export type MayChange =
  | 'allowed'
  /** The integration was deleted. */
  | 'gone'
  /** The person has left. */
  | 'left'
  /** The integration is turned off. */
  | 'off'
  /** Managers don't grant it, though they may change other access of that person. */
  | 'only-admins'
  | 'not-theirs';

export function mayChange(
  what: AccessChange,
  actor: Person,
  { person, integration }: PersonAtApp,
): MayChange {
  // A run of a deleted integration may still be revoking access, so Retry and Cancel stay possible.
  if (integration.deletedAt && what !== 'retry' && what !== 'cancel') return 'gone';
  if (!hasRight(what, actor, { person, integration }))
    return mayManage(actor, person) ? 'only-admins' : 'not-theirs';
  if (what === 'grant' && !person.active) return 'left';
  return what === 'grant' && !integration.enabled ? 'off' : 'allowed';
}

function hasRight(
  what: AccessChange,
  actor: Person,
  { person, integration }: PersonAtApp,
): boolean {
  if (what === 'grant') return mayGrant(actor, person, integration);
  return what === 'retry' ? may(actor, 'retry', person) : mayManage(actor, person);
}
