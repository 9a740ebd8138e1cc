/** What one entry of an app's list of accounts says. */
import { instantIn } from '../../core/day.ts';
import type { Json } from '../../core/json.ts';
import { stringifyJson } from '../../core/json.ts';
import { textAt } from '../imports/sync-rows.ts';
import type { ManifestAccounts } from '../manifest/schema.ts';
import { readEmail } from '../people/person-details.ts';
import { readNotation } from '../templates/notation.ts';
import type { AccountRow } from './finding.ts';

export type ReadAccount =
  | { readonly kind: 'account'; readonly account: AccountRow }
  /** The manifest says that it is no account. */
  | { readonly kind: 'skipped' }
  /** It has nothing that names it. */
  | { readonly kind: 'unreadable' };

/** Characters. Longer than any id or address; a name is cut, since it names nothing. */
const MAX_KEY = 400;
const MAX_NAME = 200;

type Structure = Pick<ManifestAccounts, 'dataStructure' | 'match' | 'skipIf'>;

/** Never throws, whatever the entry is. */
export function readAccount({ dataStructure, match, skipIf }: Structure, row: Json): ReadAccount {
  const isSkipped = skipIf.some(({ responseNotation, value }) => {
    const found = readNotation(row, responseNotation);
    return found.found && stringifyJson(found.value) === stringifyJson(value);
  });
  if (isSkipped) return { kind: 'skipped' };
  const at = (key: string): string =>
    Object.hasOwn(dataStructure, key) ? textAt(row, dataStructure[key]) : '';
  const address = at('email');
  const fact = match === undefined ? '' : at(match);
  const key = [at('id'), fact, address.toLowerCase()].find((each) => each !== '') ?? '';
  if (key === '' || key.length > MAX_KEY || fact.length > MAX_KEY || address.length > MAX_KEY)
    return { kind: 'unreadable' };
  return {
    kind: 'account',
    account: {
      key,
      email: readEmail(address),
      name: at('name').slice(0, MAX_NAME),
      fact: fact === '' ? undefined : fact,
      lastLogin: timeIn(at('last_login')),
    },
  };
}

/** Seconds since 1970 have fewer digits until the year 5138. */
const MOST_SECONDS = 1e11;
/** How some apps write that nobody ever signed in: the start of 1970, or of the year 1. */
const EARLIEST = Date.UTC(1990, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/** An ISO date or time, or seconds or milliseconds since 1970. Undefined for everything else. */
function timeIn(text: string): Date | undefined {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  const ms =
    number === undefined
      ? /^\d{4}-\d{2}-\d{2}/.test(text)
        ? instantIn(text)
        : Number.NaN
      : number < MOST_SECONDS
        ? number * 1000
        : number;
  return ms >= EARLIEST && ms < LATEST ? new Date(ms) : undefined;
}
