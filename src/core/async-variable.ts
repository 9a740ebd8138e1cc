import { AsyncLocalStorage } from 'node:async_hooks';

/** Node 20 hands every `AsyncLocalStorage` on to every promise, so all variables share one. */
const values = new AsyncLocalStorage<ReadonlyMap<object, unknown>>();

/** A value that follows the work in progress into all that it awaits. */
export class AsyncVariable<T> {
  /** Of the work around the caller. */
  get(): T | undefined {
    return values.getStore()?.get(this) as T | undefined; // `run` set it.
  }

  /** Does the work, and all that it awaits, with this value. */
  run<R>(value: T, work: () => R): R {
    return values.run(new Map(values.getStore()).set(this, value), work);
  }
}
