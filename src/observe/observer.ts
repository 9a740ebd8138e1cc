/**
 * The work in progress, for logs and traces. Words: a *scope* is one piece of work with its ids (its request, its run). A
 * *span* is the same piece of work in a trace.
 */
import { AsyncVariable } from '../core/async-variable.ts';
import { codeOf } from '../core/error-code.ts';
import { type Span, type SpanKind, type Tracer, untraced } from './tracer.ts';

/** Ids, and names from fixed sets. Never people's texts, or parts of a request or an answer. */
export type Facts = Readonly<Record<string, string | number>>;

export interface Work {
  /** The span's name, from a fixed set, such as `run step`. */
  readonly name: string;
  readonly kind?: SpanKind;
  /** In every log line of this work and of its inner work, and on its span. */
  readonly ids?: Facts;
  /** Only on its span. */
  readonly attributes?: Facts;
}

interface Scope {
  readonly ids: Facts;
  readonly span: Span | undefined;
}

const OUTSIDE: Scope = { ids: {}, span: undefined };

export class Observer {
  readonly #scopes = new AsyncVariable<Scope>();
  readonly #tracer: Tracer;

  constructor(tracer: Tracer = untraced) {
    this.#tracer = tracer;
  }

  /** The ids of all scopes around the caller. */
  ids(): Facts {
    return this.#scope().ids;
  }

  /** One of these ids, if known. */
  id(name: string): string | undefined {
    const value = this.ids()[name];
    return value === undefined ? undefined : String(value);
  }

  /**
   * Does the work in a new scope, inside the caller's.
   * @param work gets the span, for results that are known only at the end
   * @throws what the work throws
   */
  async within<T>(about: Work, work: (span: Span) => Promise<T>): Promise<T> {
    const { name, kind = 'internal', ids = {}, attributes = {} } = about;
    const outer = this.#scope();
    const span = this.#tracer.start({
      name,
      kind,
      attributes: { ...ids, ...attributes },
      parent: outer.span,
    });
    try {
      const scope = { ids: { ...outer.ids, ...ids }, span };
      const result = await this.#scopes.run(scope, () => work(span));
      span.end();
      return result;
    } catch (error) {
      span.end(codeOrName(error));
      throw error;
    }
  }

  #scope(): Scope {
    return this.#scopes.get() ?? OUTSIDE;
  }
}

/** A trace has only an error's code, since its message may quote an app's answer. */
const codeOrName = (error: unknown): string =>
  codeOf(error) ?? (error instanceof Error ? error.name : typeof error);
