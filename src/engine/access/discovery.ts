/**
 * Access that was there before Latchkey, or that someone granted without it.
 *
 * Words. A *discovery* checks every active person at one integration. It grants and revokes nothing. Access that it finds, and that
 * no hold explains, gets a *found* hold: Latchkey knows of it from then on, and removes it on the person's last day like any other.
 *
 * | state     | what it means                                                        | what ends it                              |
 * |-----------|----------------------------------------------------------------------|-------------------------------------------|
 * | `running` | a worker checks a few people at a time; it waits while the app is down | the last person, an admin, or the integration can't be checked any more |
 * | `done`    | everyone was checked                                                 | an admin starts it again                  |
 * | `stopped` | an admin stopped it, or the integration can't be checked any more    | an admin starts it again                  |
 *
 * Event: `discovery-ended`, when everyone was checked or it was stopped. Begin with `discover-access.ts`.
 */
import type { Actor } from '../people/directory.ts';

export const discoveryStates = { running: true, done: true, stopped: true } as const;

/** The last one of an integration: a new one takes its place. */
export interface Discovery {
  readonly id: string;
  readonly version: number;
  readonly integrationId: string;
  readonly startedBy: Actor;
  readonly startedAt: Date;
  readonly state: keyof typeof discoveryStates;
  /** The last person who was checked; empty before the first one. */
  readonly lastPersonId: string;
  /** People who were checked. */
  readonly checked: number;
  /** People whose access no hold explained until then. */
  readonly found: number;
  /** People whose access could not be confirmed. */
  readonly unconfirmed: number;
  /** When the next people are checked. */
  readonly dueAt: Date;
  /** Since when it has waited for the answer about one person: the app is busy or down. Undefined while it answers. */
  readonly waitsSince?: Date;
  readonly endedAt?: Date;
}
