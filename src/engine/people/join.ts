/** Someone who joined a chat workspace and isn't in the directory. */
import type { Address } from '../../core/message.ts';

export interface Join {
  readonly id: string;
  readonly platform: Address['platform'];
  readonly tenant: string;
  readonly userId: string;
  /** Verified by the platform, or accepted unverified by the workspace's settings; lower case. */
  readonly email: string;
  readonly name: string;
  readonly joinedAt: Date;
  /** There is no state for "added": the directory shows it. */
  readonly state: 'open' | 'ignored';
  /** The admin who pressed Not now. */
  readonly decidedById?: string;
}
