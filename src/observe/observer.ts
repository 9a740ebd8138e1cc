/**
 * What is under way, for whoever watches Latchkey. Words: a *scope* is one piece of work with the ids that it is about (the
 * request that brought it, the run that it advances); a *span* is that piece of work as a trace shows it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Span, type SpanKind, type Tracer, untraced } from './tracer.ts';

/** Ids and names of fixed sets; never what people wrote, nor anything of a request or an answer. */
export type Facts = Readonly<Record<string, string | number>>;

export interface Work {
  /** Of its span: one of a fixed set, such as `run step`. */
  readonly name: string;
  readonly kind?: SpanKind;
  /** Stand in every log line of this work and of what it leads to, and on its span. */
  readonly ids?: Facts;
  /** Stand on its span alone. */
  readonly attributes?: Facts;
}

interface Scope {
  readonly ids: Facts;
  readonly span: Span | undefined;
}

const OUTSIDE: Scope = { ids: {}, span: undefined };

export class Observer {
  readonly #scopes = new AsyncLocalStorage<Scope>();
  readonly #tracer: Tracer;

  constructor(tracer: Tracer = untraced) {
    this.#tracer = tracer;
  }

  /** The ids of everything that the caller is a part of. */
  ids(): Facts {
    return this.#scope().ids;
  }

  /** One of these ids, where it is known. */
  id(name: string): string | undefined {
    const value = this.ids()[name];
    return value === undefined ? undefined : String(value);
  }

  /**
   * Does the work within a scope of its own, inside the caller's.
   * @param work is handed the span, for what is known at its end only
   * @throws what the work throws
   */
  async within<T>(about: Work, work: (span: Span) => Promise<T>): Promise<T> {
    const { name, kind = 'internal', ids = {}, attributes = {} } = about;
    const outer = this.#scope();
    const span = this.#tracer.start(name, kind, { ...ids, ...attributes }, outer.span);
    try {
      const scope = { ids: { ...outer.ids, ...ids }, span };
      const result = await this.#scopes.run(scope, () => work(span));
      span.end();
      return result;
    } catch (error) {
      span.end(codeOf(error));
      throw error;
    }
  }

  #scope(): Scope {
    return this.#scopes.getStore() ?? OUTSIDE;
  }
}

/** What a trace says of anything that was thrown: its message may quote what a third party said. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
