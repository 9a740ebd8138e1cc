/** What every feature gets. Words: the *actor* asks, the *reader* reads, the *subject* is the person it is about. */

import type { ReadyMade } from '../../engine/integrations/catalogue.ts';
import type { Link } from '../../engine/links/link.ts';
import type { Actor, Person } from '../../engine/people/directory.ts';
import type { Signals } from '../../engine/ports/jobs.ts';
import type { Clock, NewId, RandomBytes } from '../../engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../engine/ports/unit-of-work.ts';
import type { Card } from '../view/card.ts';
import type { DateStyle } from '../view/dates.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { ChatProfile, Here, PlatformName } from '../view/platform.ts';

export interface Services {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly signals: Signals;
  readonly now: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** One-way, under the installation's key. */
  readonly keyedHash: (text: string) => string;
  readonly links: Links;
  /** What the environment says, and chat can't change. */
  readonly installation: Installation;
  /** The ready-made integrations, by name. */
  readonly catalogue: readonly ReadyMade[];
}

export interface Installation {
  /** Of schedules, and of dates for readers who have none of their own; an IANA name. */
  readonly timeZone: string;
  /** Who is made an admin at every start: `ADMIN_EMAILS`, in lower case. */
  readonly adminEmails: readonly string[];
  /** Whether secrets may be typed into a form in chat, where no page can be opened. */
  readonly secretsInChat: boolean;
}

/** Links into the browser. */
export interface Links {
  readonly urlOf: (link: Link) => string;
  /** False where only the machine that Latchkey runs on can open them. */
  readonly isPublic: boolean;
  /** Whether who writes there can open them: where they are public, or the chat is on this machine too. */
  readonly openFrom: (via: PlatformName) => boolean;
  /** Where a third party sends an admin back to who connects that integration. */
  readonly redirectUrlOf: (integrationId: string) => string;
  /** Where a third party calls that webhook. */
  readonly hookUrlOf: (hookId: string) => string;
}

/** What a live card is rendered with. */
export interface Reader extends DateStyle {
  readonly reader: Person;
  readonly stores: Stores;
  readonly now: Clock;
  /** The reader's, else the installation's; an IANA name. */
  readonly timeZone: string;
  /** Of schedules: the installation's; an IANA name. */
  readonly scheduleZone: string;
}

/** One interaction: who asks, from where, and everything a handler may use. */
export interface Turn extends Services, SessionUser, DateStyle {
  readonly actor: Person;
  /** The actor's, else the installation's; an IANA name. */
  readonly timeZone: string;
  readonly via: PlatformName;
  /** The conversation that it came in, where the bot may be able to write to it. */
  readonly here?: Here;
  /** Posts there, for everybody. @throws {PlatformError} `gone` or `refused` where the bot may not write there */
  readonly postHere?: (card: Card) => Promise<void>;
  /** What the platform says of one of its users; undefined when it doesn't know them. */
  profileOf(userId: string): Promise<ChatProfile | undefined>;
  readonly tenant: string;
}

/** What the actor reads, rendered at this moment. */
export const readerOf = ({ actor, stores, now, timeZone, installation }: Turn): Reader => ({
  reader: actor,
  stores,
  now,
  timeZone,
  scheduleZone: installation.timeZone,
});

/** The actor as runs and the audit log name them. */
export const actorOf = ({ actor, via }: Turn): Actor => ({
  kind: 'person',
  personId: actor.id,
  via,
});
