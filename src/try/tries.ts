/**
 * Running tries, for pages that show their state: one at a time in each session, five minutes at most. They are in this
 * process's memory and end with it. They store nothing elsewhere.
 */
import { MINUTE_MS } from '../core/hours.ts';
import { t } from '../core/translate.ts';
import type { SpokenEnv } from './env.ts';
import type { Inputs } from './inputs.ts';
import type { Part } from './parts.ts';
import { refused, type TryResult, type TryStep } from './result.ts';
import { tryManifest } from './try-manifest.ts';

/** In service, polls take longer. Here a person waits at a page. */
const TRY_MS = 5 * MINUTE_MS;

export interface TryWanted {
  /** The integration's name. */
  readonly name: string;
  readonly manifestText: string;
  readonly part: Part;
  readonly dryRun: boolean;
  readonly inputs: Inputs;
}

export interface Trying {
  readonly id: string;
  readonly wanted: TryWanted;
  readonly state: 'running' | 'ended' | 'stopped';
  /** The current action, as a redacted sentence. */
  readonly doing: string;
  /** The answered requests so far, in order. With a result, the result's steps. */
  readonly steps: readonly TryStep[];
  readonly result?: TryResult;
}

export type StartedTry =
  | { readonly kind: 'started'; readonly trying: Trying }
  /** The session has another running try. */
  | { readonly kind: 'busy'; readonly trying: Trying };

export interface TrySession {
  readonly id: string;
  readonly expiresAt: Date;
  /** Called before each request: whether the session still exists, and its person still has permission. */
  readonly mayGoOn: () => Promise<boolean>;
}

/** What each try has of its own. */
export type OwnEnv = Pick<SpokenEnv, 'tokensOf'> & Partial<Pick<SpokenEnv, 'http' | 'words'>>;

type TriesEnv = Omit<SpokenEnv, 'progress' | 'answered' | 'tokensOf'>;

interface TriesDeps {
  readonly env: TriesEnv;
  /** A signal that aborts after that many milliseconds. */
  readonly limit: (ms: number) => AbortSignal;
  readonly onError: (error: unknown, where: string) => void;
}

interface KeptTry {
  trying: Trying;
  readonly endsAt: Date;
  readonly stop: AbortController;
  /** Aborts when it is stopped, or its time is over. */
  readonly signal: AbortSignal;
}

export class Tries {
  readonly #deps: TriesDeps;
  readonly #bySession = new Map<string, KeptTry>();

  constructor(deps: TriesDeps) {
    this.#deps = deps;
  }

  /** Starts a try. It ends with its session. */
  start(session: TrySession, wanted: TryWanted, own: OwnEnv = {}): StartedTry {
    this.#forgetEnded();
    const last = this.#bySession.get(session.id);
    if (last?.trying.state === 'running') return { kind: 'busy', trying: last.trying };
    const { env, limit } = this.#deps;
    const left = session.expiresAt.getTime() - env.now().getTime();
    const stop = new AbortController();
    const kept: KeptTry = {
      trying: { id: env.newId(), wanted, state: 'running', doing: t`Starting…`, steps: [] },
      endsAt: session.expiresAt,
      stop,
      signal: AbortSignal.any([stop.signal, limit(Math.max(0, Math.min(TRY_MS, left)))]),
    };
    this.#bySession.set(session.id, kept);
    void this.#run(kept, session, own);
    return { kind: 'started', trying: kept.trying };
  }

  /** The session's last try. */
  of(sessionId: string): Trying | undefined {
    return this.#bySession.get(sessionId)?.trying;
  }

  /** Sends nothing more. A request in progress can't be cancelled. */
  stop(sessionId: string): void {
    this.#bySession.get(sessionId)?.stop.abort();
  }

  async #run(
    kept: KeptTry,
    { mayGoOn }: TrySession,
    { http = this.#deps.env.http, words = this.#deps.env.words, tokensOf }: OwnEnv,
  ): Promise<void> {
    const { env, onError } = this.#deps;
    const { signal } = kept;
    const { wanted } = kept.trying;
    const change = (to: Partial<Trying>) => {
      if (kept.trying.state === 'running') kept.trying = { ...kept.trying, ...to };
    };
    const aborted = new Promise<'stopped'>((resolve) => {
      if (signal.aborted) resolve('stopped');
      signal.addEventListener('abort', () => resolve('stopped'), { once: true });
    });
    const result = tryManifest(
      {
        name: wanted.name,
        manifestText: wanted.manifestText,
        options: { part: wanted.part, dryRun: wanted.dryRun },
      },
      wanted.inputs,
      {
        ...env,
        words,
        tokensOf,
        http: {
          send: (request, limits, streams) =>
            unlessAborted(signal, async () => {
              if (await mayGoOn()) return http.send(request, limits, streams);
              kept.stop.abort();
              throw new TryStopped('Its person may not try manifests any more');
            }),
        },
        pause: (ms) => unlessAborted(signal, () => env.pause(ms)),
        progress: (doing) => change({ doing }),
        answered: (step) => change({ steps: [...kept.trying.steps, step] }),
      },
    ).catch((error: unknown) => {
      if (!signal.aborted) onError(error, 'a try in the manifest editor');
      return refused(
        'internal',
        t`Something went wrong in Latchkey, not in the app. Try again; if it happens again, tell the people who run Latchkey.`,
      );
    });
    const ended = await Promise.race([result, aborted]);
    if (ended === 'stopped') change({ state: 'stopped' });
    else
      change({
        state: 'ended',
        result: ended,
        ...(ended.steps.length > 0 && { steps: ended.steps }),
      });
  }

  #forgetEnded(): void {
    const now = this.#deps.env.now();
    for (const [id, { endsAt, trying }] of this.#bySession)
      if (endsAt <= now && trying.state !== 'running') this.#bySession.delete(id);
  }
}

class TryStopped extends Error {
  readonly code = 'try-stopped';
}

async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw new TryStopped('The try was stopped');
  return work();
}
