/** What a test can't go on without. Where it is something else, the test fails at the line that asked. */

/** @throws where there is none */
export function present<T>(value: T): NonNullable<T> {
  return value ?? fail(present, 'It is not there');
}

/** The first of a list. @throws where it is empty */
export function firstOf<T>(list: readonly T[]): NonNullable<T> {
  return list[0] ?? fail(firstOf, 'The list is empty');
}

/** What was done. @throws where it was refused */
export function ok<T extends { readonly ok: boolean }>(outcome: T): Extract<T, { ok: true }> {
  return outcome.ok ? (outcome as Extract<T, { ok: true }>) : fail(ok, JSON.stringify(outcome));
}

/** @throws where it is of another kind */
export function ofKind<T extends { readonly kind: string }, K extends T['kind']>(
  kind: K,
  outcome: T,
): Extract<T, { kind: K }> {
  return outcome.kind === kind
    ? (outcome as Extract<T, { kind: K }>)
    : fail(ofKind, JSON.stringify(outcome));
}

function fail(asked: (...given: never[]) => unknown, why: string): never {
  const error = new Error(why);
  Error.captureStackTrace(error, asked);
  throw error;
}
