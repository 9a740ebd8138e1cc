/**
 * Some apps refuse with a status that says success: GraphQL by `errors` without anything in `data`, others like Slack by `"ok": false`,
 * and SOAP by a fault. Pure.
 */
import { isJsonObject, type Json } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import type { HttpAnswer } from '../ports/http.ts';
import { readNotation } from '../templates/notation.ts';
import { isMarkup, withoutReferences } from './markup.ts';

export interface Refusal {
  /** The app's own words. Undefined where it has none, or very long ones. */
  readonly says: string | undefined;
  /** How: by `errors` without data, by `"ok": false` or by a fault. */
  readonly by: 'errors' | 'ok' | 'fault';
  /** It refuses since it knows no such person. */
  readonly isNobody: boolean;
  /** It refuses since that is so already. */
  readonly isAlready: boolean;
}

/** In characters. A longer message is left out, never cut: half a secret in it couldn't be redacted any more. */
const LONGEST_MESSAGE = 200;

/**
 * Slack: `users_not_found` (users.lookupByEmail), `user_not_found` (users.info). Companies' own services that answer in this manner:
 * `no_such_user`, `Unknown user: U1`, `The user could not be found`. GitHub's GraphQL: `Could not resolve to a User with…`. The whole of
 * it: words around it may tell of something else, such as a user group or the one to whom the token belongs, and an account may be the
 * whole organization.
 */
const NOBODY =
  /^(?:the[_ ])?(?:user|member)s?[_ ]?(?:(?:was|could|can)[_ ]?)?not[_ ]?(?:be[_ ])?found(?![_ -]?\w)|^(?:no[_ ]such|unknown)[_ ](?:user|member)(?![_ -]?\w)|^could not resolve to a user with /i;

/**
 * A grant that finds what it grants. Slack: `already_in_team`, `already_in_team_invited_user`, `already_invited` (admin.users.invite),
 * `user_already_team_member` (admin.users.assign), `already_in_channel` (conversations.invite). Companies' own services:
 * `user_already_exists`, `User is already a member`, `has already been added`, `already part of this group`.
 */
const ALREADY =
  /already[_ ](?:been[_ ])?(?:(?:in|a)[_ ]|(?:invited|added|exists|(?:team[_ ])?member|part[_ ]of))/i;
/** Someone else is there, or they are somewhere else; the app is at it; or it is about how many there may be. */
const OF_ELSE = /other|else|different|progress|in[_ ]use|limit|maxim|seat/i;

/**
 * @param body the text as JSON. Undefined: it is none
 * @returns undefined for an answer that refuses nothing, or that nobody can tell from one that doesn't
 */
export const refusalIn = (text: string, body: Json | undefined): Refusal | undefined =>
  isMarkup(text) ? faultIn(text) : refusalOf(body);

/** The same for an answer that was read. */
export function refusalOf(body: Json | undefined): Refusal | undefined {
  if (!isJsonObject(body)) return undefined;
  const at = (path: string): Json => {
    const found = readNotation(body, path);
    return found.found ? found.value : null;
  };
  const errors = at('errors');
  if (Array.isArray(errors) && errors.length > 0 && holdsNothing(at('data'))) {
    const says = short(at('errors.0.message'));
    // Several errors may tell of several things.
    const [isNobody, isAlready] = errors.length === 1 ? meaningOf(says) : [false, false];
    return { says, by: 'errors', isNobody, isAlready };
  }
  if (at('ok') !== false) return undefined;
  const says = [at('error'), at('error.message'), at('description'), at('message')]
    .map(short)
    .find((each) => each !== undefined);
  const [isNobody, isAlready] = meaningOf(says);
  return { says, by: 'ok', isNobody, isAlready };
}

/**
 * SOAP 1.1 and 1.2: the root of the document, its first `Body`, and what is first in that. A fault elsewhere, such as one in a log, is
 * no refusal. Each part is bounded, so that a long answer takes no longer than it is long.
 */
const ROOT =
  /^\s{0,100}(?:<\?[^>]{0,1000}>\s{0,100}|<!--[^>]{0,1000}-->\s{0,100}){0,10}<(?:[\w.-]{1,100}:)?Envelope[\s>]/;
const BODY = /<(?:[\w.-]{1,100}:)?Body(?:\s[^<>]{0,2000})?>/;
const FAULT = /^\s{0,1000}<(?:[\w.-]{1,100}:)?Fault[\s>]/;
/** `faultstring` in SOAP 1.1, `Text` in 1.2. */
const FAULT_WORDS =
  /<(?:[\w.-]{1,100}:)?(?:faultstring|Text)(?:\s[^<>]{0,2000})?>(?:<!\[CDATA\[)?([^<]{0,2000}?)(?:\]\]>)?</;

function faultIn(text: string): Refusal | undefined {
  const body = ROOT.test(text) ? BODY.exec(text) : null;
  const inside = body ? text.slice(body.index + body[0].length) : '';
  if (!FAULT.test(inside)) return undefined;
  const words = FAULT_WORDS.exec(inside)?.[1] ?? '';
  const says = short(withoutReferences(words).trim());
  const [isNobody, isAlready] = meaningOf(says);
  return { says, by: 'fault', isNobody, isAlready };
}

/** The fault in an answer with the status that SOAP gives faults. It is the app's word about what was asked, and no breakdown. */
export const faultOf500 = (answer: HttpAnswer): Refusal | undefined =>
  answer.kind === 'answer' && answer.status === 500 && isMarkup(answer.text)
    ? faultIn(answer.text)
    : undefined;

/** For the people who follow what was refused. @param app its name, as the beginning of a sentence */
export const refusedWords = ({ says }: Refusal, app: string): string =>
  says === undefined
    ? t`${app} refused this, and gave no reason. Check its secrets, and what they allow.`
    : t`${app} refused this: ${says}`;

/** GraphQL gives `null` for a field that may be null and failed: `{"data": {"invite": null}}`, maybe in objects and lists. */
const holdsNothing = (data: Json): boolean =>
  data === null || (typeof data === 'object' && Object.values(data).every(holdsNothing));

/** @returns what `isNobody` and `isAlready` are for the app's words */
function meaningOf(says = ''): readonly [isNobody: boolean, isAlready: boolean] {
  const words = says.trim();
  return [NOBODY.test(words), ALREADY.test(words) && !OF_ELSE.test(words)];
}

const short = (value: Json): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_MESSAGE
    ? value
    : undefined;
