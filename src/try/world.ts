import type { Tokens } from '../engine/calls/oauth.ts';
import type { Http } from '../engine/ports/http.ts';
import type { Clock, NewId, RandomBytes } from '../engine/ports/time-and-chance.ts';
import type { TryStep } from './result.ts';
import type { Fixture } from './stage.ts';
import type { Words } from './words.ts';

/** What a try needs besides its inputs. */
export interface TryEnv {
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
  /** Shows one request with its answer as soon as it came, redacted; token requests are not shown. */
  readonly answered?: (step: TryStep) => void;
  /** Whether somebody exists already besides those that the try was told of: an import skips them. */
  readonly isKnown?: (email: string) => Promise<boolean>;
  /** Tokens that are kept elsewhere; without it a try refreshes the token that it was given by itself. */
  readonly tokensOf?: (stage: Fixture) => Tokens;
}

/** The same, with the words for whoever tries. */
export interface SpokenEnv extends TryEnv {
  readonly words: Words;
}
