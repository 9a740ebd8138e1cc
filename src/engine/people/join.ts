/** Someone who joined a chat workspace and isn't in the directory. */
import type { Address } from '../../core/message.ts';

export interface Join {
  readonly id: string;
  readonly platform: Address['platform'];
  readonly tenant: string;
  readonly userId: string;
  /** The address that the platform has verified, or that the workspace takes without that; lower case. */
  readonly email: string;
  readonly name: string;
  readonly joinedAt: Date;
  /** Whether they were added isn't kept: the directory says it. */
  readonly state: 'open' | 'ignored';
  /** The admin who said Not now. */
  readonly decidedById?: string;
}
