/** Judges the answer to `exists`: does the person have access? */
import { isJsonObject, type Json, jsonIn, readJson, stringifyJson } from '../../core/json.ts';
import { explained } from '../../core/stored-sentence.ts';
import { t } from '../../core/translate.ts';
import { excessWords } from '../calls/excess-words.ts';
import { failureWords } from '../calls/failure-words.ts';
import { isMarkup, withoutReferences } from '../calls/markup.ts';
import { GONE, isSuccess } from '../calls/outcome.ts';
import { isRateLimited } from '../calls/rate-limit.ts';
import { faultOf500, type Refusal, refusalIn } from '../calls/refusal.ts';
import type { ManifestExists } from '../manifest/request-schema.ts';
import type { AccessState } from '../people/directory.ts';
import type { HttpAnswer } from '../ports/http.ts';
import { readNotation } from '../templates/notation.ts';
import { renderText, scopeOf, toText } from '../templates/render.ts';
import type { Variables } from '../templates/variables.ts';

export interface ExistsVerdict {
  readonly state: AccessState;
  /** Why, as sentences for people; see `explained`. */
  readonly reason: string;
  /** `none` from a status 404 or 410, or from a refusal that says the same: a token without rights gets them, too. */
  readonly byStatus?: true;
  /** `none` from an answer that may be a refusal: a status like 401 or 408, or a web page, such as a sign-in page. */
  readonly isRefusal?: true;
}

/** In characters. Longer texts don't name a person, and make too large a pattern. */
const LONGEST_EXPECTED = 1000;

/** Statuses for a token that is refused. */
const REFUSED = [401, 403];
/** These and statuses for a bill, a proxy, or a request that came too late, too early or to the wrong server. */
const NOT_ABOUT_PEOPLE = [...REFUSED, 402, 407, 408, 421, 425];

/**
 * @returns `has`, `none`, or `unknown` where the answer says neither
 * @param variables what `expected` is rendered with
 * @param app the app's name, for sentences
 */
export function judgeExists(
  spec: Pick<ManifestExists, 'expected' | 'responseNotation' | 'statusCode' | 'failWhen4xx'>,
  answer: HttpAnswer,
  { variables, app }: { readonly variables: Variables; readonly app: string },
): ExistsVerdict {
  if (answer.kind === 'failed')
    return unknown(
      failureWords(answer, app),
      answer.code === 'bad-certificate' ? answer.message : undefined,
    );
  const { status } = answer;
  if (isRateLimited(answer) && !isSuccess(spec, status))
    return unknown(
      t`${app} is getting too many requests. Try again later.`,
      t`It answered ${status}.`,
    );
  const is4xx = status >= 400 && status < 500;
  if (is4xx && !spec.failWhen4xx) {
    if (GONE.includes(status)) return noSuchAccount(status, app);
    if (spec.expected === undefined && !isSuccess(spec, status))
      return unknown(unclear(app), t`It answered ${status}.`);
    return search(spec, answer, { variables, app, body: jsonIn(answer.text) });
  }
  if (isSuccess(spec, status)) {
    const body = jsonIn(answer.text);
    const found = search(spec, answer, { variables, app, body });
    const refusal = refusalIn(answer.text, body);
    return refusal && !decides(spec, found, refusal) ? refused(refusal, status, app) : found;
  }
  if (is4xx) return unknown(refusedWords(status, app), explain4xx(status));
  const fault = faultOf500(answer);
  if (fault) return refused(fault, status, app);
  return status >= 500
    ? unknown(t`${app} had a problem on its side. Try again later.`, t`It answered ${status}.`)
    : unknown(
        unclear(app),
        t`It answered ${status}, but the manifest's status_code takes only ${spec.statusCode.join(', ')}.`,
      );
}

/** @param detail left out where everyone may read all of it */
const unknown = (sentence: string, detail?: string): ExistsVerdict => ({
  state: 'unknown',
  reason: detail === undefined ? sentence : explained(sentence, detail),
});

const unclear = (app: string): string => t`${app} gave no clear answer.`;

const refusedWords = (status: number, app: string): string =>
  REFUSED.includes(status)
    ? t`${app} doesn't accept Latchkey's sign-in, or doesn't allow this check.`
    : unclear(app);

const explain4xx = (status: number): string =>
  GONE.includes(status)
    ? t`It answered ${status}. If that means no access, set fail_when_4xx_response_code to false in the manifest's exists: then ${status} counts as no access.`
    : t`It answered ${status}, so the access is not confirmed. Check the address and the credentials; to search the answer anyway, set fail_when_4xx_response_code to false in the manifest's exists.`;

/** Whether what the manifest looks for counts, though the app refused. Errors without data may name the person. */
const decides = (
  { expected = '' }: Pick<ManifestExists, 'expected'>,
  { state }: ExistsVerdict,
  { by, says }: Refusal,
): boolean =>
  by === 'ok' &&
  expected !== '' &&
  (state !== 'none' || (says === undefined && /\bok\b/.test(expected)));

/** The status says success, but the app refused. That means neither `has` nor `none`, unless it knows no such person. */
function refused({ says, isNobody }: Refusal, status: number, app: string): ExistsVerdict {
  if (isNobody) return noSuchAccount(status, app);
  return unknown(
    unclear(app),
    says !== undefined
      ? t`It answered ${status} with errors and without data, so the access is not confirmed: ${says}`
      : t`It answered ${status} with errors and without data, so the access is not confirmed. Check the request and the credentials.`,
  );
}

const noSuchAccount = (status: number, app: string): ExistsVerdict => ({
  state: 'none',
  reason: explained(t`${app} reports no such account.`, t`It answered ${status}.`),
  byStatus: true,
});

function search(
  spec: Pick<ManifestExists, 'expected' | 'responseNotation'>,
  answer: Extract<HttpAnswer, { kind: 'answer' }>,
  {
    variables,
    app,
    body,
  }: { readonly variables: Variables; readonly app: string; readonly body: Json | undefined },
): ExistsVerdict {
  if (spec.expected === undefined) {
    return { state: 'has', reason: t`It answered ${answer.status}.` };
  }
  const expected = renderText(spec.expected, scopeOf(variables));
  if (!expected.ok) return unknown(unclear(app), expected.error);
  const wanted = expected.value.trim();
  if (wanted === '') {
    return unknown(
      t`Latchkey lacks something that it needs to find this person in ${app}.`,
      t`The value that the manifest expects (${spec.expected}) is empty for this person, so Latchkey couldn't look for it.`,
    );
  }
  if (wanted.length > LONGEST_EXPECTED) {
    return unknown(
      t`Latchkey can't look for this person in ${app}.`,
      t`The value that the manifest expects (${spec.expected}) is longer than ${LONGEST_EXPECTED} characters for this person. Use a shorter one.`,
    );
  }
  const text = lookedThrough(spec, answer.text, body);
  const notRead = () => {
    const read = body === undefined && readJson(answer.text);
    return !read || read.ok || !read.exceeds
      ? undefined
      : unknown(unclear(app), excessWords(read.exceeds));
  };
  if (text === undefined)
    return (
      notRead() ??
      unknown(unclear(app), t`The answer has nothing at ${spec.responseNotation ?? ''}.`)
    );
  if (
    containsExpected(text, wanted, {
      isInAnyCase: isOneValue(wanted, variables),
      ...(spec.responseNotation === undefined && { json: body }),
    })
  )
    return { state: 'has', reason: t`The answer contains "${wanted}".` };
  if (body === undefined && isCutOff(answer.text))
    return unknown(unclear(app), t`The answer breaks off.`);
  const excess = notRead(); // Its text alone was looked through, where letters may be escaped.
  if (excess) return excess;
  const isRefusal = NOT_ABOUT_PEOPLE.includes(answer.status) || WEB_PAGE.test(answer.text);
  const byStatus = GONE.includes(answer.status);
  return {
    state: 'none',
    reason: t`The answer doesn't contain "${wanted}".`,
    ...(isRefusal && { isRefusal }),
    ...(byStatus && { byStatus }),
  };
}

/** The part of the answer in which the manifest looks for `expected`. Undefined where there is none. */
function lookedThrough(
  { responseNotation }: Pick<ManifestExists, 'responseNotation'>,
  text: string,
  body: Json | undefined,
): string | undefined {
  if (responseNotation === undefined) return text;
  const found = readNotation(body ?? null, responseNotation);
  if (!found.found) return undefined;
  const { value } = found;
  return typeof value === 'object' && value !== null ? stringifyJson(value) : toText(value);
}

/**
 * Whether `expected` is nothing but one value, such as a username in quotes: apps find people by it in any case, and answer with it in
 * theirs.
 */
function isOneValue(wanted: string, variables: Variables): boolean {
  const inner = wanted.replace(/^"(.*)"$/s, '$1').trim();
  return Object.values(variables).some(
    (value) => typeof value === 'string' && value.trim() === inner,
  );
}

/** Of a text that isn't JSON: JSON that has no end; where only the end of the connection ends an answer, a lost one leaves its beginning. */
const isCutOff = (text: string): boolean =>
  /^\s{0,100}[{[]/.test(text) && !/[\]}]\s{0,100}$/.test(text.slice(-200));

/** A web page is for people, not for programs: it doesn't say that a person isn't there. */
const WEB_PAGE = /^\s{0,100}<(?:!doctype\s{1,10}html|html)\b/i;

/**
 * Whether an answer contains `expected`: in its text, however XML writes its characters, or, where it is JSON, in any string of it, or
 * as a key with its value, whatever space is between them. Email addresses inside `expected` match in any case, and only as whole addresses. An accent may be a
 * character of its own on either side.
 * @param expected not empty; if longer than `LONGEST_EXPECTED`, it counts as not contained
 * @param json the text as JSON, where it was read already
 */
export function containsExpected(
  text: string,
  expected: string,
  {
    isInAnyCase = false,
    json: known,
  }: { readonly isInAnyCase?: boolean; readonly json?: Json | undefined } = {},
): boolean {
  if (expected.length > LONGEST_EXPECTED) return false;
  const found = (wanted: string) => {
    const pattern = patternOf(wanted.normalize('NFC'), isInAnyCase ? inAnyCase : literally);
    return (part: string): boolean => pattern.test(part.normalize('NFC'));
  };
  const isIn = found(expected);
  if (isMarkup(text))
    return isIn(withoutReferences(text)) || (expected.includes('&') && isIn(text));
  if (isIn(text)) return true;
  const json = known ?? jsonIn(text); // Not JSON: only the text is searched.
  if (json === undefined) return false;
  if (someString(json, isIn)) return true;
  return KEY_AND_VALUE.test(expected) && found(compact(expected))(stringifyJson(json));
}

const KEY_AND_VALUE = /"\s*:/;
const compact = (expected: string): string => expected.replace(/"\s*:\s*/g, '":');

/** Characters of an address before its @; an apostrophe counts only inside it (`o'neil`), not as a quote. */
const BEFORE = String.raw`(?<![\p{L}\p{M}\p{N}._%+@-]|[\p{L}\p{N}]['&])`;
const AFTER = String.raw`(?![\p{L}\p{M}\p{N}_@-]|\.[\p{L}\p{N}])`;
const ADDRESS = /[\p{L}\p{M}\p{N}._%+'&-]+@[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*/gu;

function patternOf(expected: string, other: (text: string) => string): RegExp {
  let pattern = '';
  let end = 0;
  for (const match of expected.matchAll(ADDRESS)) {
    pattern += other(expected.slice(end, match.index)) + BEFORE + inAnyCase(match[0]) + AFTER;
    end = match.index + match[0].length;
  }
  return new RegExp(pattern + other(expected.slice(end)), 'u');
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

/** Letters match in both cases; the other characters match exactly. */
const inAnyCase = (text: string): string =>
  Array.from(text, (char) => {
    const [lower, upper] = [char.toLowerCase(), char.toUpperCase()];
    const isLetterPair = lower !== upper && lower.length === upper.length;
    return isLetterPair ? `(?:${literally(lower)}|${literally(upper)})` : literally(char);
  }).join('');

function someString(value: Json, matches: (text: string) => boolean): boolean {
  if (typeof value === 'string') return matches(value);
  if (Array.isArray(value))
    return (value as readonly Json[]).some((item) => someString(item, matches));
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([key, inner]) => matches(key) || someString(inner, matches));
}
