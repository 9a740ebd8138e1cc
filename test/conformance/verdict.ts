import { expect } from 'vitest';
import { isJsonObject, type Json, parseJson, stringifyJson } from '../../src/core/json.ts';
import type { TryResult } from '../../src/try/result.ts';
import type { Case, ExpectedRequest } from './corpus.ts';
import type { Received } from './scripted-server.ts';

/** Compares what happened with what the case says. @param waitedMs undefined where nobody counted */
export function expectOutcome(
  { expect: expected }: Case,
  result: TryResult,
  received: readonly Received[],
  waitedMs?: number,
): void {
  expect({ status: result.status, error: result.error }).toMatchObject({
    status: expected.status,
    ...(expected.error === null && { error: null }),
    ...(expected.error && { error: withoutNulls(expected.error) }),
  });
  if (expected.status === 'succeeded') expect(result.error).toBeNull();
  if (expected.requests) judgeRequests(expected.requests, received);
  if (expected.idempotency) expect(labelled(received)).toEqual(relabelled(expected.idempotency));
  if (expected.tries) expect(result.steps.map(({ tries }) => tries)).toEqual(expected.tries);
  for (const key of ['stored', 'deliveries', 'people', 'oauth'] as const)
    if (expected[key] !== undefined) expect(result[key]).toEqual(expected[key]);
  if (expected.warnings) judgeWarnings(expected.warnings, result.warnings);

  const whole = stringifyJson(result);
  for (const text of expected.shows ?? []) expect(whole).toContain(text);
  for (const text of expected.hides ?? []) expect(whole).not.toContain(text);
  if (expected.waitedSeconds !== undefined && waitedMs !== undefined)
    expect(waitedMs / 1000).toBe(expected.waitedSeconds);
}

const withoutNulls = ({ code, step, says }: NonNullable<Case['expect']['error']>) => ({
  ...(code && { code }),
  ...(step !== undefined && { step }),
  ...(says !== undefined && { message: expect.stringContaining(says) as string }),
});

function judgeWarnings(expected: readonly string[], warnings: readonly string[]): void {
  if (expected.length === 0) expect(warnings).toEqual([]);
  for (const text of expected)
    expect(warnings).toContainEqual(expect.stringContaining(text) as string);
}

function judgeRequests(expected: readonly ExpectedRequest[], received: readonly Received[]): void {
  expect(received.map(({ method, url }) => `${method} ${url}`)).toHaveLength(expected.length);
  const bound = new Map<string, Json>();
  for (const [index, wanted] of expected.entries()) {
    const came = received[index];
    if (!came) throw new Error(`Request ${index} did not come`);
    expect(came.method).toBe(wanted.method);
    judgeValue(wanted.url, came.url, bound, `url of request ${index}`);
    for (const [name, value] of Object.entries(wanted.headers ?? {}))
      judgeValue(value, headerOf(came, name), bound, `${name} of request ${index}`);
    if (wanted.body === undefined) continue;
    const isText = typeof wanted.body === 'string' || isPattern(wanted.body);
    const body = isText ? came.body : parseJson(came.body);
    judgeValue(wanted.body, body, bound, `body of request ${index}`);
  }
}

/** Null where it did not come; header values come as Latin-1 and are UTF-8. */
function headerOf({ headers }: Received, name: string): Json {
  const value = headers[name.toLowerCase()];
  return value === undefined ? null : Buffer.from(String(value), 'latin1').toString('utf8');
}

const isPattern = (wanted: Json): boolean => isJsonObject(wanted) && wanted['$match'] !== undefined;

/** `{"$match": "regular expression"}`, `{"$same": "label"}` and `{"$differs": "label"}` stand for values that nobody knows before. */
function judgeValue(wanted: Json, came: Json, bound: Map<string, Json>, where: string): void {
  if (!isJsonObject(wanted)) {
    if (Array.isArray(wanted)) judgeList(wanted as readonly Json[], came, bound, where);
    else expect({ [where]: came }).toEqual({ [where]: wanted });
    return;
  }
  const { $match, $same, $differs } = wanted;
  if (typeof $match === 'string') expect(came).toMatch(new RegExp($match, 'u'));
  if (typeof $differs === 'string') expect(came).not.toEqual(bound.get($differs));
  if (typeof $same === 'string') {
    if (bound.has($same)) expect(came).toEqual(bound.get($same));
    bound.set($same, came);
  }
  if ($match !== undefined || $same !== undefined || $differs !== undefined) return;
  const object = isJsonObject(came) ? came : {};
  expect({ [where]: Object.keys(object).toSorted() }).toEqual({
    [where]: Object.keys(wanted).toSorted(),
  });
  for (const [key, inner] of Object.entries(wanted))
    judgeValue(inner, object[key] ?? null, bound, `${where}: ${key}`);
}

function judgeList(
  wanted: readonly Json[],
  came: Json,
  bound: Map<string, Json>,
  where: string,
): void {
  const list = Array.isArray(came) ? (came as readonly Json[]) : [];
  expect({ [where]: list.length }).toEqual({ [where]: wanted.length });
  for (const [index, inner] of wanted.entries())
    judgeValue(inner, list[index] ?? null, bound, `${where}[${index}]`);
}

const labelled = (received: readonly Received[]): readonly (number | null)[] =>
  relabelled(received.map(({ headers }) => headers['idempotency-key']?.toString() ?? null));

/** Names that differ as the numbers of their first appearance. */
function relabelled(labels: readonly (string | null)[]): readonly (number | null)[] {
  const seen = [...new Set(labels.filter((label) => label !== null))];
  return labels.map((label) => (label === null ? null : seen.indexOf(label)));
}
