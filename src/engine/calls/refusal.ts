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
  /** It refuses since that is so already. */
  readonly isAlready: boolean;
}

/** In characters. A longer message is left out, never cut: half a secret in it couldn't be redacted any more. */
const LONGEST_MESSAGE = 200;

/**
 * The whole of `users_not_found`, `The user could not be found.`, `no_such_member`, `Unknown user: U1`. Words around it may tell of
 * something else, such as a user group or whoever the token belongs to, and an account may be the whole organization.
 */
const NOBODY =
  /^(?:the[_ ])?(?:user|member|person|email)s?[_ -]{0,2}(?:(?:was|is|could|can)[_ -]?)?not[_ -]?(?:be[_ -])?found(?![_ -]?\w)|^(?:no[_ -]such|unknown)[_ -](?:user|member|person|email)(?![_ -]?\w)/i;

/** A grant that finds what it grants: `already_in_team`, `user_already_team_member`, `User is already a member`. */
const ALREADY =
  /already[_ ](?:been[_ ])?(?:(?:in|on|an?)[_ ]|(?:invited|added|exists?|(?:team[_ ])?member|part[_ ]of|assigned|joined|has)(?![a-z]))/i;
/** Somebody else is there, or somewhere else; the app is at it; or it is about how many there may be. */
const OF_ELSE = /other|else|different|progress|in[_ ]use|limit|maxim|seat|plan\b/i;

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
    return {
      says: short(at('errors.0.message')),
      isOkFalse: false,
      isNobody: false,
      isAlready: false,
    };
  if (at('ok') !== false) return undefined;
  const says = [at('error'), at('error.message'), at('description'), at('message')]
    .map(short)
    .find((each) => each !== undefined);
  const isSaid = (what: RegExp): boolean => says !== undefined && what.test(says.trim());
  return {
    says,
    isOkFalse: true,
    isNobody: isSaid(NOBODY),
    isAlready: isSaid(ALREADY) && !isSaid(OF_ELSE),
  };
}

const short = (value: Json): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_MESSAGE
    ? value
    : undefined;
