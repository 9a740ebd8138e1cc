import type { Tokens } from '../engine/calls/oauth.ts';
import type { Http } from '../engine/ports/http.ts';
import type { NewId, RandomBytes, Time } from '../engine/ports/time-and-chance.ts';
import type { OpenMemory } from '../store/memory.ts';
import type { Fixture } from './fixture.ts';
import type { TryStep } from './result.ts';
import type { Words } from './words.ts';

/** What a try needs besides its inputs. */
export interface TryEnv extends Time {
  readonly http: Http;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** The beginning of `{{redirect_url}}`. */
  readonly publicUrl?: string;
  /** Reports the current action as progress. */
  readonly progress: (text: string) => void;
  /** Where the try stores what Latchkey would. Default: a new database in memory. Tests have one that serves many tries. */
  readonly openMemory?: OpenMemory;
  /** Reports each request with its answer as soon as it comes, redacted. Token requests are not reported. */
  readonly answered?: (step: TryStep) => void;
  /** Whether a person exists besides those in the try's inputs. An import skips them. */
  readonly isKnown?: (email: string) => Promise<boolean>;
  /** Tokens that are stored elsewhere. Without it, a try refreshes its own token. */
  readonly tokensOf?: (fixture: Fixture) => Tokens;
}

/** The same, with the texts for the user. */
export interface SpokenEnv extends TryEnv {
  readonly words: Words;
}
