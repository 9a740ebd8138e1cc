/**
 * A removal ends one person's access to one app. It closes only by proof. Cards, reports and exports read "gone" only here.
 *
 * Words: a *cause* is one reason for the removal; several causes share one removal. A *proof* shows that the access is gone.
 * An *account* (`../account.ts`) is what has to go; a person may have several at one app. A removal is *paused* while the
 * person is back and someone may still choose what they keep.
 *
 * | state     | what it means                                                   | what ends it                       |
 * |-----------|-----------------------------------------------------------------|------------------------------------|
 * | waiting   | it has just begun, or a grant is in flight or may still arrive  | the grant ends or can't arrive     |
 * | revoking  | a revoke runs                                                   | the run ends                       |
 * | checking  | Latchkey checks whether the access is gone                      | the app's answer, or none in time  |
 * | by-hand   | Latchkey can't remove it: someone has a task                    | Done, a check, or a new manifest   |
 * | stuck     | still there, or not confirmed; Latchkey retries with backoff of | a retry that works; Retry; changed |
 * |           | up to a day and notifies admins                                 | settings of the integration        |
 * | gone      | proven gone; checked again after an hour and after a day        | final                              |
 * | withdrawn | kept for someone who is back, or granted again                  | final                              |
 *
 * Every open state can also end as `gone` (an admin confirms it) or as `withdrawn`.
 *
 * Events: none in `work/events.ts`. It queues jobs instead: `removal.notify` (stuck, gone, back, paused) notifies people;
 * after `removal.ended` an offboarding and the deletion of an integration go on.
 *
 * Begin reading at `beginRemoval` in `removals.ts`, then `advance-removal.ts`.
 */
import type { Actor } from '../../people/directory.ts';

export const removalMoves = {
  waiting: ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  revoking: ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  checking: ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  'by-hand': ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  stuck: ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  gone: [],
  withdrawn: [],
} as const;

/** Those that have yet to end. */
export const openRemovalStates = ['waiting', 'revoking', 'checking', 'by-hand', 'stuck'] as const;
export type OpenRemovalState = (typeof openRemovalStates)[number];

/** @param of how many are in a state */
export const countsOf = (
  of: (state: OpenRemovalState) => number,
): Readonly<Record<OpenRemovalState, number>> => ({
  waiting: of('waiting'),
  revoking: of('revoking'),
  checking: of('checking'),
  'by-hand': of('by-hand'),
  stuck: of('stuck'),
});

/** Why access is removed. `leaver` causes are paused when the person comes back. */
export const causeKinds = {
  /** Someone pressed Revoke, or the command line did. */
  revoked: { leaver: false },
  /** The last hold's time is over; `id` is the hold. */
  expired: { leaver: false },
  /** A reviewer said so; `id` is the review. */
  review: { leaver: false },
  /** An item of a sequence; `id` is the planned item. */
  sequence: { leaver: false },
  /** A grant was stopped that may have given something; `id` is its run. */
  'stopped-grant': { leaver: false },
  /** The integration is being deleted. */
  'integration-deleted': { leaver: false },
  /** The person's last day is over; `id` is the offboarding. */
  offboarding: { leaver: true },
  /** The person was deactivated. */
  left: { leaver: true },
  /** The app says that someone who has left has access. */
  found: { leaver: true },
} as const satisfies Record<string, { readonly leaver: boolean }>;
export type CauseKind = keyof typeof causeKinds;

export interface Cause {
  readonly kind: CauseKind;
  readonly id?: string;
  readonly by: Actor;
  readonly at: Date;
}

export const isLeaverCause = ({ kind }: Pick<Cause, 'kind'>): boolean => causeKinds[kind].leaver;

/** What proves that access is gone. */
export const proofKinds = {
  /** The app was asked after the last write, and said that there is no access. */
  asked: true,
  /** A revoke of ours succeeded, and the app can't be asked. */
  revoked: true,
  /** A look-up of the revoke said that there is no such account. */
  'look-up': true,
  /** Someone did it by hand. */
  done: true,
  /** An admin looked at the app: "I checked: it is gone". */
  confirmed: true,
  /** Nothing was ever given there. */
  nothing: true,
} as const;
export type ProofKind = keyof typeof proofKinds;

export interface Proof {
  readonly kind: ProofKind;
  readonly at: Date;
  /** Who did or confirmed it. */
  readonly byId?: string;
  /** Of `asked`: nothing of ours was there when it began, and the app never said that there was. */
  readonly neverThere?: true;
}

/** Whether nothing was there to be removed. */
export const isOfNothing = ({ kind, neverThere }: Proof): boolean =>
  kind === 'nothing' || neverThere === true;

/** Why nobody wants it removed any more: kept for someone who is back, or granted all the same. */
export const withdrawnFor = { kept: true, granted: true } as const;

export interface Withdrawal {
  /** Left out of one from before this was kept. */
  readonly by?: Actor;
  readonly for?: keyof typeof withdrawnFor;
}

export interface RemovalFacts {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly integrationId: string;
  readonly causes: readonly Cause[];
  /** What was known or done before this proves nothing. */
  readonly beganAt: Date;
  /** How often a revoke was tried and the access was not known to be gone after it. */
  readonly tries: number;
  /** No revoke is tried again before this. */
  readonly retryAt?: Date;
  /** The last revoke. */
  readonly runId?: string;
  /** The task that someone was given. */
  readonly taskId?: string;
  /** Someone said last that they have done it by hand: when the task ended, and who. */
  readonly done?: { readonly at: Date; readonly byId?: string };
  /** A sentence for people, redacted: why it is not gone yet. Encrypted at rest, as the note is. */
  readonly why?: string;
  /** For the task of an integration that people do by hand. */
  readonly note?: string;
  /** ISO date, of that task. */
  readonly dueDate?: string;
  /** The person is back: nothing happens until then, so that someone can say what they keep. */
  readonly pausedUntil?: Date;
  /** When admins were told last that it is stuck. */
  readonly toldAt?: Date;
}

export type Removal = RemovalFacts &
  (
    | { readonly state: OpenRemovalState /** When it is looked at again. */; readonly dueAt: Date }
    | {
        readonly state: 'gone';
        readonly endedAt: Date;
        readonly proof: Proof;
        /** When the app is asked once more; left out when that is over, or the app can't be asked. */
        readonly dueAt?: Date;
      }
    | { readonly state: 'withdrawn'; readonly endedAt: Date; readonly withdrawal: Withdrawal }
  );
export type OpenRemoval = Extract<Removal, { state: OpenRemovalState }>;
export type GoneRemoval = Extract<Removal, { state: 'gone' }>;

export const isOpenRemoval = (removal: Removal): removal is OpenRemoval =>
  removal.state !== 'gone' && removal.state !== 'withdrawn';

/** Whether a grant waits for its end: in the other open states a grant withdraws it. */
export const isInFlight = (removal: OpenRemoval, now: Date): boolean =>
  !isPaused(removal, now) &&
  (removal.state === 'waiting' || removal.state === 'revoking' || removal.state === 'checking');

export const isPaused = ({ pausedUntil }: Removal, now: Date): boolean =>
  pausedUntil !== undefined && pausedUntil > now;

/** Its causes stay: they say why it began, and which cards show it. */
export function withdraw(removal: OpenRemoval, withdrawal: Withdrawal, now: Date): Removal {
  const { why: _, ...facts } = factsOf(removal);
  return { ...facts, state: 'withdrawn', endedAt: now, withdrawal };
}

/** So long after it was proven gone the app is asked once more. */
export const RECHECK_AFTER_MS = [60 * 60_000, 24 * 60 * 60_000] as const;

export const proveGone = (removal: OpenRemoval, proof: Proof, canAsk: boolean): GoneRemoval => ({
  ...factsOf(removal),
  state: 'gone',
  endedAt: proof.at,
  proof,
  ...(canAsk && { dueAt: new Date(proof.at.getTime() + RECHECK_AFTER_MS[0]) }),
});

/** After the first question the second one comes; after that none. */
export function rechecked(removal: GoneRemoval, now: Date): GoneRemoval {
  const { dueAt: _, ...rest } = removal;
  const next = RECHECK_AFTER_MS.map((ms) => new Date(removal.endedAt.getTime() + ms)).find(
    (at) => at > now,
  );
  return next ? { ...rest, dueAt: next } : rest;
}

/** All but what belongs to one state. */
export function factsOf(removal: Removal): Omit<RemovalFacts, 'pausedUntil' | 'retryAt'> {
  const { id, version, personId, integrationId, causes, beganAt, tries, runId, taskId } = removal;
  const { why, note, dueDate, toldAt, done } = removal;
  return {
    id,
    version,
    personId,
    integrationId,
    causes,
    beganAt,
    tries,
    ...(runId !== undefined && { runId }),
    ...(taskId !== undefined && { taskId }),
    ...(why !== undefined && { why }),
    ...(note !== undefined && { note }),
    ...(dueDate !== undefined && { dueDate }),
    ...(toldAt && { toldAt }),
    ...(done && { done }),
  };
}
