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
 * | gone      | proven gone; checked again after an hour, and 1, 30 and 90 days | final                              |
 * | withdrawn | kept for someone who is back, or granted again                  | final                              |
 *
 * Every open state can also end as `gone` (an admin confirms it) or as `withdrawn`.
 *
 * Events: none in `work/events.ts`. It queues jobs instead: `removal.notify` (stuck, gone, back, paused) notifies people;
 * after `removal.ended` an offboarding and the deletion of an integration go on.
 *
 * Begin reading at `begin-removal.ts`, then `advance-removal.ts` and `next-by-manifest.ts`.
 */
import { DAY_MS, HOUR_MS } from '../../../core/hours.ts';
import type { Actor } from '../../people/directory.ts';
import { factsWithout } from '../../work/lease.ts';

export const removalMoves = {
  waiting: ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  revoking: ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  checking: ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  'by-hand': ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  stuck: ['waiting', 'revoking', 'checking', 'by-hand', 'stuck', 'gone', 'withdrawn'],
  gone: [],
  withdrawn: [],
} as const;

/** The states that have not ended. */
export const openRemovalStates = ['waiting', 'revoking', 'checking', 'by-hand', 'stuck'] as const;
export type OpenRemovalState = (typeof openRemovalStates)[number];

/** @param of the number of removals in a state */
export const countsOf = (
  of: (state: OpenRemovalState) => number,
): Readonly<Record<OpenRemovalState, number>> => ({
  waiting: of('waiting'),
  revoking: of('revoking'),
  checking: of('checking'),
  'by-hand': of('by-hand'),
  stuck: of('stuck'),
});

/** Why access is removed. Removals with only `leaver` causes are paused when the person is reactivated. */
export const causeKinds = {
  /** Someone pressed Revoke, or the command line did. */
  revoked: { leaver: false },
  /** The last hold expired; `id` is the hold. */
  expired: { leaver: false },
  /** A reviewer pressed Revoke; `id` is the review. */
  review: { leaver: false },
  /** An item of a sequence; `id` is the planned item. */
  sequence: { leaver: false },
  /** A grant was stopped after it may have granted something; `id` is its run. */
  'stopped-grant': { leaver: false },
  /** The integration is being deleted. */
  'integration-deleted': { leaver: false },
  /** The person's last day is over; `id` is the offboarding. */
  offboarding: { leaver: true },
  /** The person was deactivated. */
  left: { leaver: true },
  /** A check found access of someone who has left. */
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
  /** A check after the last write says that there is no access. */
  asked: true,
  /** A revoke succeeded, and Latchkey can't check the app. */
  revoked: true,
  /** A look-up of the revoke says that there is no such account. */
  'look-up': true,
  /** Someone did it by hand. */
  done: true,
  /** An admin looked in the app and pressed "I checked: it is gone". */
  confirmed: true,
  /** Nothing was ever granted there. */
  nothing: true,
} as const;
export type ProofKind = keyof typeof proofKinds;

export interface Proof {
  readonly kind: ProofKind;
  readonly at: Date;
  /** Who did or confirmed it. */
  readonly byId?: string;
  /** Of `asked`: Latchkey had granted nothing before the removal, and the app never showed an access. */
  readonly neverThere?: true;
}

/** What is stored as the proof can't be read: nothing is proven. */
export interface DamagedProof {
  readonly kind: 'damaged';
  readonly at: Date;
  /** Left out where there is nothing. */
  readonly stored?: string;
}

/** Gone, by a proof that can be read. */
export const isProvenGone = (removal: Removal | undefined): removal is GoneRemoval =>
  removal?.state === 'gone' && removal.proof.kind !== 'damaged';

/** Whether there was nothing to remove. */
export const isOfNothing = (proof: Proof | DamagedProof): boolean =>
  proof.kind === 'nothing' || ('neverThere' in proof && proof.neverThere === true);

/** Why it was withdrawn: kept for someone who is back or stays, or granted again. */
export const withdrawnFor = { kept: true, granted: true } as const;

export interface Withdrawal {
  /** Left out of removals from before this was stored. */
  readonly by?: Actor;
  readonly for?: keyof typeof withdrawnFor;
}

export interface RemovalFacts {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly integrationId: string;
  readonly causes: readonly Cause[];
  /** As stored, where causes can't be read: kept, and nothing that depends on all causes is decided. */
  readonly damagedCauses?: string;
  /** Answers and revokes from before this prove nothing. */
  readonly beganAt: Date;
  /** Tries after which the access was not proven gone. */
  readonly tries: number;
  /** No revoke is retried before this. */
  readonly retryAt?: Date;
  /** The last revoke. */
  readonly runId?: string;
  /** The task to remove it by hand. */
  readonly taskId?: string;
  /** When a task for it was last done, and by whom. */
  readonly done?: { readonly at: Date; readonly byId?: string };
  /** A sentence for people, redacted: why it is not gone yet. Encrypted at rest, as the note is. */
  readonly why?: string;
  /** For the task, where people remove it by hand. Older versions stored one. */
  readonly note?: string;
  /** Encrypted still, where it could not be read: kept, since it may be readable again with its key. */
  readonly unread?: string;
  /** ISO date: the due date of that task. Older versions stored one, too. */
  readonly dueDate?: string;
  /** The person is back: nothing happens until then, so that someone can choose what they keep. */
  readonly pausedUntil?: Date;
  /** When admins were last notified that it is stuck, or that gone access is back. */
  readonly notifiedAt?: Date;
}

export type Removal = RemovalFacts &
  (
    | { readonly state: OpenRemovalState /** When it is advanced next. */; readonly dueAt: Date }
    | {
        readonly state: 'gone';
        readonly endedAt: Date;
        readonly proof: Proof | DamagedProof;
        /** When the app is checked again; left out after the last check, or where Latchkey can't check. */
        readonly dueAt?: Date;
      }
    | { readonly state: 'withdrawn'; readonly endedAt: Date; readonly withdrawal: Withdrawal }
  );
export type OpenRemoval = Extract<Removal, { state: OpenRemovalState }>;
export type GoneRemoval = Extract<Removal, { state: 'gone' }>;

export const isOpenRemoval = (removal: Removal): removal is OpenRemoval =>
  removal.state !== 'gone' && removal.state !== 'withdrawn';

/** Whether a grant waits for its end. In the other open states a grant withdraws it. */
export const isInFlight = (removal: OpenRemoval, now: Date): boolean =>
  !isPaused(removal, now) &&
  (removal.state === 'waiting' || removal.state === 'revoking' || removal.state === 'checking');

export const isPaused = ({ pausedUntil }: Removal, now: Date): boolean =>
  pausedUntil !== undefined && pausedUntil > now;

/** Keeps its causes: they say why it began, and which cards show it. */
export function withdraw(removal: OpenRemoval, withdrawal: Withdrawal, now: Date): Removal {
  const { why: _, ...facts } = factsOf(removal);
  return { ...facts, state: 'withdrawn', endedAt: now, withdrawal };
}

/** So long after the proof the app is checked again. */
export const RECHECK_AFTER_MS = [HOUR_MS, DAY_MS, 30 * DAY_MS, 90 * DAY_MS] as const;

export const proveGone = (removal: OpenRemoval, proof: Proof, canAsk: boolean): GoneRemoval => ({
  ...factsOf(removal),
  state: 'gone',
  endedAt: proof.at,
  proof,
  ...(canAsk && { dueAt: new Date(proof.at.getTime() + RECHECK_AFTER_MS[0]) }),
});

/** Sets the time of the next check after the proof, or none after the last one. */
export function rechecked(removal: GoneRemoval, now: Date): GoneRemoval {
  const { dueAt: _, ...rest } = removal;
  const next = RECHECK_AFTER_MS.map((ms) => new Date(removal.endedAt.getTime() + ms)).find(
    (at) => at > now,
  );
  return next ? { ...rest, dueAt: next } : rest;
}

/** The facts that belong to no single state. */
export const factsOf = factsWithout<Removal, Omit<RemovalFacts, 'pausedUntil' | 'retryAt'>>({
  state: true,
  dueAt: true,
  endedAt: true,
  proof: true,
  withdrawal: true,
  pausedUntil: true,
  retryAt: true,
});
