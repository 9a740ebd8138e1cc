/** People who joined a chat workspace and aren't in the directory: admins are asked about each of them, once. */
import type { ChatIdentity, Transaction } from './ports.ts';
import { touch } from './subjects.ts';

export interface Join {
  readonly id: string;
  readonly platform: ChatIdentity['platform'];
  readonly tenant: string;
  readonly userId: string;
  /** The address that the platform has verified; lower case. */
  readonly email: string;
  readonly name: string;
  readonly joinedAt: Date;
  /** Whether they were added isn't kept: the directory says it. */
  readonly state: 'open' | 'ignored';
  /** The admin who said Not now. */
  readonly decidedById?: string;
}

export const joinSubject = (joinId: string): string => `join:${joinId}`;

/** Refreshes the questions about whoever has one of these addresses. */
export async function touchJoinOf(tx: Transaction, ...emails: readonly string[]): Promise<void> {
  for (const { id } of await tx.joins.byEmails(emails)) await touch(tx, joinSubject(id));
}
