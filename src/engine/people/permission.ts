/** Who may do what. Asked again on the server at every click, with people as they are at that moment. */

import { policyOf } from '../settings/settings.ts';
import type { Integration, Person } from './directory.ts';

/** Set up integrations, people and settings. Nobody who has left is one. */
export const isAdmin = ({ active, role }: Person): boolean => active && role === 'admin';

/** Admins see, grant and revoke for everybody; a manager for direct reports. The role alone gives nothing. */
export function mayManage(actor: Person, subject: Person): boolean {
  if (!actor.active) return false;
  return isAdmin(actor) || subject.managerId === actor.id;
}

/** Whoever manages somebody grants what managers may grant by themselves; admins everything. */
export const mayGrant = (
  actor: Person,
  subject: Person,
  integration: Pick<Integration, 'settings'>,
): boolean => isAdmin(actor) || (mayManage(actor, subject) && policyOf(integration).managersGrant);

/** Whoever manages somebody sees their access, and everyone sees their own. */
export function maySee(actor: Person, subject: Person): boolean {
  return mayManage(actor, subject) || (actor.active && actor.id === subject.id);
}
