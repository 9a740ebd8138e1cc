/** Some apps refuse with a status that says success: GraphQL by `errors` without `data`, others like Slack by `"ok": false`. Pure. */
import { isJsonObject, type Json, jsonIn } from '../../core/json.ts';
import { readNotation } from '../templates/notation.ts';

export interface Refusal {
  /** The app's own words. Undefined where it has none, or very long ones. */
  readonly says: string | undefined;
  /** By `"ok": false`. */
  readonly isOkFalse: boolean;
  /** It refuses since it knows no such person. */
  readonly isNobody: boolean;
}

/** In characters. A longer message is left out, never cut: half a secret in it couldn't be redacted any more. */
const LONGEST_MESSAGE = 200;

/** `users_not_found`, `user not found`, `no_such_member`, `unknown account`. */
const NOBODY =
  /\b(user|member|account|person|email)s?[_ -]{0,2}(was[_ -]|is[_ -])?not[_ -]?(be[_ -])?found|\b(no[_ -]such|unknown)[_ -](user|member|account|person|email)/i;

/** @returns undefined for an answer that refuses nothing, or that nobody can tell from one that doesn't */
export function refusalIn(text: string): Refusal | undefined {
  const body = jsonIn(text);
  if (!isJsonObject(body)) return undefined;
  const at = (path: string): Json => {
    const found = readNotation(body, path);
    return found.found ? found.value : null;
  };
  const errors = at('errors');
  if (Array.isArray(errors) && errors.length > 0 && at('data') === null)
    return { says: short(at('errors.0.message')), isOkFalse: false, isNobody: false };
  if (at('ok') !== false) return undefined;
  const says = [at('error'), at('error.message'), at('description'), at('message')]
    .map(short)
    .find((each) => each !== undefined);
  return { says, isOkFalse: true, isNobody: says !== undefined && NOBODY.test(says) };
}

const short = (value: Json): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_MESSAGE
    ? value
    : undefined;
