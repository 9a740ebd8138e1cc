/** Who may do what. The server checks it at every click, with the people as they are at that moment. */

import { policyOf } from '../settings/settings.ts';
import type { Integration, Person } from './directory.ts';

/** Admins set up integrations, people and settings. Someone who left is no admin. */
export const isAdmin = ({ active, role }: Person): boolean => active && role === 'admin';

/** Admins see, grant and revoke for everyone; a manager for direct reports. The role `manager` alone gives no rights. */
export function mayManage(actor: Person, subject: Person): boolean {
  if (!actor.active) return false;
  return isAdmin(actor) || subject.managerId === actor.id;
}

/** Admins grant everything. A manager grants what the integration's policy lets managers grant. */
export const mayGrant = (
  actor: Person,
  subject: Person,
  integration: Pick<Integration, 'settings'>,
): boolean => isAdmin(actor) || (mayManage(actor, subject) && policyOf(integration).managersGrant);

/** Managers see the access of their reports, and everyone sees their own. */
export function maySee(actor: Person, subject: Person): boolean {
  return mayManage(actor, subject) || (actor.active && actor.id === subject.id);
}
