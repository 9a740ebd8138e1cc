/** What every feature gets. Words: the *actor* interacts, the *reader* reads, the *subject* is the person it is about. */
import type { ReadyMade } from '../../engine/integrations/catalogue.ts';
import type { Link } from '../../engine/links/link.ts';
import type { Actor, Person } from '../../engine/people/directory.ts';
import type { Signals } from '../../engine/ports/jobs.ts';
import type { NewId, RandomBytes } from '../../engine/ports/time-and-chance.ts';
import type { Database } from '../../engine/ports/unit-of-work.ts';
import type { DryRuns } from '../../engine/rules/dry-runs.ts';
import type { Card } from '../view/card.ts';
import type { DateStyle } from '../view/dates.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { ChatProfile, ChatUser, Here, PlatformName } from '../view/platform.ts';

export interface Services extends Database {
  readonly signals: Signals;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** A one-way hash with the installation's key. */
  readonly keyedHash: (text: string) => string;
  readonly links: Links;
  /** Settings from the environment; chat can't change them. */
  readonly installation: Installation;
  readonly dryRuns: DryRuns;
  /** The ready-made integrations, by name. */
  readonly catalogue: () => Promise<readonly ReadyMade[]>;
}

export interface Installation {
  /** The zone of schedules, and of dates for readers without a zone of their own; an IANA name. */
  readonly timeZone: string;
  /** Addresses that become admins at every start: `ADMIN_EMAILS`, in lower case. */
  readonly adminEmails: readonly string[];
  /** Whether a form in chat may ask for secrets where no page can be opened. */
  readonly secretsInChat: boolean;
}

/** Links into the browser. */
export interface Links {
  readonly urlOf: (link: Link) => string;
  /** False where they open only on the machine that Latchkey runs on. */
  readonly isPublic: boolean;
  /** Whether a user of that platform can open them: they are public, or the chat runs on this machine too. */
  readonly openFrom: (via: PlatformName) => boolean;
  /** Where an app redirects an admin who connects that integration. */
  readonly redirectUrlOf: (integrationId: string) => string;
  /** The URL at which apps call that webhook. */
  readonly hookUrlOf: (hookId: string) => string;
}

/** What a live card is rendered with. */
export interface Reader extends DateStyle, Pick<Database, 'stores' | 'now'> {
  readonly reader: Person;
  /** The reader's, else the installation's; an IANA name. */
  readonly timeZone: string;
  /** The zone of schedules, which is the installation's; an IANA name. */
  readonly scheduleZone: string;
}

/** One interaction: who made it, from where, and everything a handler may use. */
export interface Turn extends Services, SessionUser, DateStyle {
  readonly actor: Person;
  /** The actor's, else the installation's; an IANA name. */
  readonly timeZone: string;
  readonly via: PlatformName;
  /** The user of that platform whom the link names. */
  readonly user: ChatUser;
  /** The conversation that it came from, where the bot may be able to write to it. */
  readonly here?: Here;
  /** Posts there, visible to everyone. @throws {PlatformError} `gone` or `refused` where the bot may not write there */
  readonly postHere?: (card: Card) => Promise<void>;
  /** The platform's profile of one of its users; undefined when it doesn't know them. */
  profileOf(userId: string): Promise<ChatProfile | undefined>;
  readonly tenant: string;
}

/** The actor as a reader, for a card that is rendered now. */
export const readerOf = ({ actor, stores, now, timeZone, installation }: Turn): Reader => ({
  reader: actor,
  stores,
  now,
  timeZone,
  scheduleZone: installation.timeZone,
});

/** The actor as runs and the audit log record them. */
export const actorOf = ({ actor, via }: Turn) =>
  ({ kind: 'person', personId: actor.id, via }) as const satisfies Actor;
