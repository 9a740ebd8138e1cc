/** The people, what they may hold, and what is known of it. Words as in the README's glossary. */
import type { Json } from '../../core/json.ts';
import type { IntegrationSettings } from '../settings/settings.ts';

export type Role = 'admin' | 'manager' | 'new_hire' | 'other';

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
  /** BCP 47, `de-AT`: what they chose to read; where they chose nothing, what their chat client says holds. */
  readonly locale?: string;
  readonly chatLocale?: string;
  readonly role: Role;
  readonly active: boolean;
  /** When their address was added again after a leaving, and nobody said that it is the same person: what is older may be someone else's. */
  readonly addressSince?: Date;
  /** What `store_data`, `extra_user_info` and `update` syncs have put with the person. */
  readonly stored: Readonly<Record<string, Json>>;
  /** Who wrote it, by its name: an integration's id, or `PEOPLE` (`stored-values.ts`). Not there: it isn't known. */
  readonly storedBy?: Readonly<Record<string, string>>;
  /** The import that added them: a reading of an app, or a file. */
  readonly addedByImport?: string;
}

export const fullName = ({ firstName, lastName, email }: Person): string =>
  `${firstName} ${lastName}`.trim() || email;

/** A named manifest with its settings; its secrets are kept apart. */
export interface Integration {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  /** One emoji that people recognise it by. */
  readonly icon?: string;
  /** False: turned off. It gives nobody access any more; what it gave can still be taken away. */
  readonly enabled: boolean;
  /** Its newest manifest. Undefined for a manual one, which has none: granting and revoking it are tasks for people. */
  readonly manifestVersionId?: string;
  /** What an admin has set; where that is nothing, the defaults hold (`policyOf`). */
  readonly settings?: IntegrationSettings;
  readonly createdAt: Date;
  /** It is being deleted: it goes when the last removal there has ended. */
  readonly deletingSince?: Date;
  /** It stays as the name of its runs, and is nothing else any more. */
  readonly deletedAt?: Date;
}

/** One that Latchkey carries out by itself. */
export type ManifestIntegration = Integration & { readonly manifestVersionId: string };

/** People do it by hand. */
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
  /** Why it is unknown, or what the answer was; a sentence for people, redacted. */
  readonly reason: string;
  /** When this state was first seen. */
  readonly since: Date;
  /** When `exists` was asked for this answer; the start of 1970 where it never was. */
  readonly checkedAt: Date;
}

/** Who did something: a person through a channel, or Latchkey itself. */
export type Actor =
  | {
      readonly kind: 'person';
      readonly personId: string;
      readonly via: 'slack' | 'teams' | 'web';
    }
  /** The operating-system user of the command line: an admin by having the database. */
  | { readonly kind: 'operator'; readonly user: string }
  | { readonly kind: 'system' };

/** Somebody else decides for an approver while they are away. */
export interface Delegation {
  /** Who is away. */
  readonly personId: string;
  readonly delegateId: string;
  /** ISO dates, both included. */
  readonly from: string;
  readonly until: string;
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
