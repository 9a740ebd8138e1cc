/**
 * What is acknowledged before it is handled is stored first, so that it survives the process. Adapters call `receive`
 * before the acknowledgement, and hand the receipt on with the interaction.
 */
import type { ChatUser } from './platform.ts';
import type { Receipt } from './receipt.ts';

export interface Arrival {
  readonly user: ChatUser;
  /** It is for them, of a workflow that may be anyone's. */
  readonly isOfWorkflow?: boolean;
  /** The same for a redelivery of the same interaction, different otherwise. */
  readonly key: string;
  /** What the platform sent; JSON. */
  readonly content: unknown;
  /** How long the platform waits for its acknowledgement. */
  readonly withinMs: number;
}

export interface Received extends Receipt {
  /**
   * Settles when the adapter may acknowledge: when it is known whether the interaction is stored, or the platform's time is
   * nearly over. Never rejects.
   */
  readonly acknowledgeable: Promise<void>;
}

export interface Inbox {
  receive(arrival: Arrival): Received;
}

/** Handles what another process acknowledged. Throws where that has to be tried again. */
export type Replay = (content: unknown, receipt: Receipt) => Promise<void>;
