import type { Clock, Http, NewId, RandomBytes } from '../../engine/ports.ts';

/** What a try needs besides its files. */
export interface World {
  readonly http: Http;
  readonly now: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** What `{{redirect_url}}` begins with. */
  readonly publicUrl?: string;
  /** Resolves after that many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Says what is being done, to somebody who watches. */
  readonly progress: (text: string) => void;
}
