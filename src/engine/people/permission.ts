/** Who may do what. The server checks it at every click, with the people as they are at that moment. */
import { policyOf, settingsOf } from '../settings/settings.ts';
import type { Integration, Person } from './directory.ts';

/** Whose right something is: a role's, the manager's of whom it is about, their own, or an owner's of the app. The other roles give no rights. */
type Who = 'admin' | 'auditor' | 'helpdesk' | 'manager' | 'themselves' | 'owner';

/**
 * The permission table. Some rights depend on more: a policy says who approves, its `managersGrant` whether managers grant, a
 * review who reviews, a task who does it.
 */
const TABLE = {
  /** Change integrations, secrets, people, sequences, bundles, rules and settings; import, offboard, erase. */
  'set up': ['admin'],
  /** Read all of that but secrets, and everything that was requested, run and done; take it out as a file. */
  'see the set-up': ['admin', 'auditor'],
  /** See someone, their access, runs and requests. */
  see: ['admin', 'auditor', 'helpdesk', 'manager', 'themselves'],
  /** See what is planned for someone: their timeline, last day and removals. */
  'see plans': ['admin', 'auditor', 'manager'],
  grant: ['admin', 'manager'],
  /** Request access for someone else, by the same rules as they themselves. */
  'request for': ['admin', 'helpdesk', 'manager'],
  revoke: ['admin', 'manager'],
  /** Try what failed again, as it was: nothing more than what someone was allowed before. */
  retry: ['admin', 'helpdesk', 'manager'],
  /** See an app: how it stands, who approves, who has access there, and its requests, runs and reviews. */
  'see app': ['admin', 'auditor', 'owner'],
  /** Change who approves an app's requests. How long, for whom and by which codes is part of its settings. */
  'change approvers': ['admin', 'owner'],
  /** Start and close reviews of an app, and decide in them. */
  'run reviews': ['admin', 'owner'],
  'review break-glass': ['admin', 'owner'],
} as const satisfies Readonly<Record<string, readonly Who[]>>;

export type Right = keyof typeof TABLE;

/** An app, with its owners. */
type Owned = Pick<Integration, 'settings'>;

interface RightContext {
  readonly subject?: Person;
  readonly app?: Owned;
}

/** Someone who left has no right. The role `manager` alone gives none: a manager is a person whom reports name. */
function isAnyOf(whose: readonly Who[], actor: Person, { subject, app }: RightContext): boolean {
  if (!actor.active) return false;
  return whose.some((who) => {
    if (who === 'manager') return subject?.managerId === actor.id;
    if (who === 'themselves') return subject?.id === actor.id;
    if (who === 'owner') return settingsOf(app).ownerIds?.includes(actor.id) ?? false;
    return actor.role === who;
  });
}

/** Whether they may do it for everyone, or, with a subject, for that person. */
export const may = (actor: Person, right: Right, subject?: Person): boolean =>
  isAnyOf(TABLE[right], actor, { subject });

/** Whether they may do it at that app. */
export const mayAt = (actor: Person, right: Right, app: Owned): boolean =>
  isAnyOf(TABLE[right], actor, { app });

/** Admins set up integrations, people and settings. Someone who left is no admin. */
export const isAdmin = (actor: Person): boolean => may(actor, 'set up');

/** Admins and auditors read how everything is set up, and what became of it. */
export const maySeeSetUp = (actor: Person): boolean => may(actor, 'see the set-up');

/** Admins see, grant and revoke for everyone; a manager for direct reports. The role `manager` alone gives no rights. */
export const mayManage = (actor: Person, subject: Person): boolean => may(actor, 'revoke', subject);

/** Admins grant everything. A manager grants what the integration's policy lets managers grant. */
export const mayGrant = (
  actor: Person,
  subject: Person,
  integration: Pick<Integration, 'settings'>,
): boolean =>
  isAdmin(actor) || (may(actor, 'grant', subject) && policyOf(integration).managersGrant);

/** Everyone requests for themselves; admins and the helpdesk for everyone, a manager for direct reports. */
export const mayRequestFor = (actor: Person, subject: Person): boolean =>
  actor.active && (actor.id === subject.id || may(actor, 'request for', subject));

/** Admins, auditors and the helpdesk see everyone's access, managers that of their reports, and everyone their own. */
export const maySee = (actor: Person, subject: Person): boolean => may(actor, 'see', subject);

/** Admins and auditors see what is planned for everyone, managers for their reports. */
export const maySeePlans = (actor: Person, subject: Person): boolean =>
  may(actor, 'see plans', subject);

/** Whether the role alone gives rights over others, so that someone who takes over the address or the chat account would have them. */
export const givesRights = ({ role }: Pick<Person, 'role'>): boolean =>
  role === 'admin' || role === 'auditor' || role === 'helpdesk';
