/**
 * The directory: people, and the types that every other domain names people and integrations by. Types, and the names that people and integrations are shown by.
 *
 * Words. A *person* is anyone in the directory. The *roles* `admin`, `auditor` and
 * `helpdesk` give rights (`permission.ts`); the others give none. A *manager* is
 * the person that `managerId` names, and has rights over their *reports*. A *fact* is an answer about a person that a
 * manifest asks for (`extra_user_info`), kept in `stored`. A *claim* is a fact that someone else typed and the person has not
 * confirmed yet: nothing uses it. An *identity* links a person to one chat user on one platform. A *join* is a chat user who
 * is not in the directory. A *delegate* approves for someone who is away. An *actor* is who did something.
 *
 * | state of a person | what it means                                    | what ends it                            |
 * |-------------------|--------------------------------------------------|-----------------------------------------|
 * | `active: true`    | is in lists and may use Latchkey                 | `deactivate`: leaves, or is offboarded  |
 * | `active: false`   | has left: chat links are gone, access is removed | `reactivate`, `comeBack`, or an erasure |
 * | erased (no row)   | nothing personal is kept                         | nothing                                 |
 *
 * | state of a fact | what it means                                        | what ends it                    |
 * |-----------------|------------------------------------------------------|---------------------------------|
 * | claimed         | waits for the person, or an admin if they can't chat | confirmed, rejected, or 90 days |
 * | confirmed       | is in `stored`; grants, checks and revokes use it    | changed or removed by an admin  |
 *
 * | state of an access | what it means                    | what ends it                       |
 * |--------------------|----------------------------------|------------------------------------|
 * | `has`, `none`      | what the last check or run found | the next check, grant or removal   |
 * | `unknown`          | not confirmed                    | the next check that gets an answer |
 *
 * Events: `person-changed`, when a field changes, or they leave or come back (`person-changed.ts`). A person who is added or
 * comes back is an occasion of sequences (`sequences/events/event.ts`).
 *
 * Begin with `people.ts` (adding), then `change-person.ts` (changing, leaving, coming back), `chat-links.ts`,
 * `fact-claims.ts`.
 */
import type { Json } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import type { IntegrationSettings } from '../settings/settings.ts';
import type { Unread } from '../work/unread.ts';

/** `permission.ts` says what each may do. */
export const ROLES = ['admin', 'auditor', 'helpdesk', 'manager', 'new_hire', 'other'] as const;
export type Role = (typeof ROLES)[number];

/** Anyone in the directory. */
export interface Person {
  readonly id: string;
  readonly version: number;
  /** Trimmed, lower case, unique. */
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phone?: string;
  readonly position?: string;
  readonly department?: string;
  readonly managerId?: string;
  readonly buddyId?: string;
  /** ISO date, `2026-11-24`. */
  readonly startDate?: string;
  readonly endDate?: string;
  /** IANA name. */
  readonly timeZone?: string;
  /** How the HR system names them, whatever becomes of their address. */
  readonly employeeId?: string;
  /** BCP 47, `de-AT`: the language that they chose. Undefined: `chatLocale`, which their chat client gives, applies. */
  readonly locale?: string;
  readonly chatLocale?: string;
  readonly role: Role;
  readonly active: boolean;
  /** When their address was added again after they left, with no word that it is the same person. Older data may be someone else's. */
  readonly addressSince?: Date;
  /** When an import last gave them an address that someone else had until lately, as where two exchanged theirs. Apps and chat may follow later. */
  readonly exchangedAt?: Date;
  /**
   * What `store_data`, `extra_user_info` and `update` syncs have stored with the person. `unread`: that is damaged, or who wrote it is.
   * Then no one knows their facts (`stored-values.ts`), and to save the person leaves both as they are.
   */
  readonly stored: Facts | Unread;
  /** The writer of each stored value, by name: an integration's id, `ADMINS` or `PEOPLE` (`stored-values.ts`). A missing name: not known. */
  readonly storedBy?: Readonly<Record<string, string>>;
  /** The import that added them: the id of a sync run or of a file import. */
  readonly addedByImport?: string;
}

/** Stored values, by name. */
export type Facts = Readonly<Record<string, Json>>;

/** What a change of a person may change: by hand, by a file, by an import. */
export type DirectoryField =
  | 'email'
  | 'firstName'
  | 'lastName'
  | 'phone'
  | 'position'
  | 'department'
  | 'managerId'
  | 'buddyId'
  | 'startDate'
  | 'endDate'
  | 'timeZone'
  | 'employeeId'
  | 'role'
  /** They left, or came back. */
  | 'active';

/** The name of someone who may have been erased since. */
export const nameOrDeleted = (person: Person | undefined): string =>
  person ? fullName(person) : t`a deleted person`;

export const fullName = ({
  firstName,
  lastName,
  email,
}: Pick<Person, 'firstName' | 'lastName' | 'email'>): string =>
  `${firstName} ${lastName}`.trim() || email;

/** A named manifest with its settings; its secrets are kept apart. */
export interface Integration {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  /** One emoji that people recognise it by. */
  readonly icon?: string;
  /** False: turned off. It grants no access; what it granted can still be removed. */
  readonly enabled: boolean;
  /** Its newest manifest. Undefined for a manual integration: people grant and revoke it as tasks. */
  readonly manifestVersionId?: string;
  /** What an admin has set. Undefined: the defaults apply (`policyOf`). */
  readonly settings?: IntegrationSettings | Unread;
  readonly createdAt: Date;
  /** It is being deleted. The deletion ends with the last removal there. */
  readonly deletingSince?: Date;
  /** Deleted. The row stays so that its runs keep a name. */
  readonly deletedAt?: Date;
}

/** An integration that Latchkey carries out. */
export type ManifestIntegration = Integration & { readonly manifestVersionId: string };

/** People grant and revoke it by hand. */
export const isManual = ({ manifestVersionId }: Pick<Integration, 'manifestVersionId'>): boolean =>
  manifestVersionId === undefined;

/** As chat shows it: its emoji, then its name. */
export const labelOf = ({ icon, name }: Pick<Integration, 'icon' | 'name'>): string =>
  icon ? `${icon} ${name}` : name;

export interface ManifestVersion {
  readonly id: string;
  readonly integrationId: string;
  /** 1, 2, 3 … within the integration. */
  readonly number: number;
  /** The manifest's JSON text as it was saved. */
  readonly manifest: string;
  readonly savedBy: Actor;
  readonly createdAt: Date;
}

export type AccessState = 'has' | 'none' | 'unknown';

/** What is known of one person at one integration. */
export interface Access {
  readonly personId: string;
  readonly integrationId: string;
  readonly state: AccessState;
  /** Why it is unknown, or what the app answered: a sentence for people, redacted. */
  readonly reason: string;
  /** When this state was first seen. */
  readonly since: Date;
  /** When the `exists` request gave this answer; the start of 1970 if it was never sent. */
  readonly checkedAt: Date;
}

/** Whose access, and where. */
export interface AccessIds {
  readonly personId: string;
  readonly integrationId: string;
}

/** The same, as they are now. */
export interface PersonAtApp {
  readonly person: Person;
  readonly integration: Integration;
}

/** Who did something: a person through a channel, or Latchkey itself. */
export type Actor =
  | {
      readonly kind: 'person';
      readonly personId: string;
      readonly via: 'slack' | 'teams' | 'web';
      /** Of an API token: a program did it for them. `via` is then `web`, which 0.2.0 can read. */
      readonly tokenId?: string;
    }
  /** The operating-system user of the command line. Access to the database makes them an admin. */
  | { readonly kind: 'operator'; readonly user: string }
  | { readonly kind: 'system' };

/** Latchkey itself. */
export const SYSTEM = { kind: 'system' } as const satisfies Actor;

/** Undefined where it is no person of the directory. */
export const personIdOf = (actor: Actor | undefined): string | undefined =>
  actor?.kind === 'person' ? actor.personId : undefined;

/** A delegate approves for a person who is away. */
export interface Delegation {
  /** Who is away. */
  readonly personId: string;
  readonly delegateId: string;
  /** ISO dates, both included. */
  readonly from: string;
  readonly until: string;
}

/** What a change of a person was read from. `name` is what people call it: the integration's name, or the file's. */
export type ChangeSource =
  | {
      readonly kind: 'sync';
      readonly runId: string;
      readonly integrationId: string;
      readonly name: string;
    }
  | { readonly kind: 'file'; readonly importId: string; readonly name: string };

/** Who makes a change, for the audit log. */
export interface ChangedBy {
  readonly actor: Actor;
  /** Undefined: by hand, by the calendar, or by Latchkey itself. */
  readonly source?: ChangeSource;
}

export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  readonly actor: Actor;
  /** `grant.started`, `revoke.started`, `run.succeeded`, `identity.linked`, `refused`, … */
  readonly what: string;
  readonly personId?: string;
  readonly integrationId?: string;
  readonly runId?: string;
  /** Never a secret, never a message body. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}
