/** What a manifest would send: secrets written into it, addresses without encryption, and what can't be sent at all. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { formatOf } from '../calls/request.ts';
import { HEADER_NAME, typedValueIn, VALUE_TYPES } from '../templates/render.ts';
import { hasTags } from '../templates/template.ts';
import { type Problem, placeInside, placeOf, showValue } from './problem.ts';
import { objectAt, objectsUnder, valueAt } from './raw.ts';
import { addressesOf, type TemplatePlace, templatesOf } from './variables.ts';

const PUT_INTO_FORM = 'looks like a secret; put it into initial_data_form, and its {{id}} here';

/** Keys that hold a secret in any place. */
const SECRET_KEY =
  /(^|[._\-"\]])(authorization|x[-_]?api[-_]?key|api[-_]?key|apikey|(access|auth|api|bearer|private|refresh)[-_]?token|x[-_]?auth[-_]?token|token|client[-_]?secret|secret|passwo?r?d)"?\]?$/i;
/** Patterns of well-known tokens, in any place. */
const KNOWN_TOKEN =
  /\b(xox[abeprs]-[\w-]{8,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|sk_(live|test)_\w{12,}|sk-[\w-]{20,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,})/;
const QUERY_SECRET =
  /[?&](api[-_]?key|apikey|key|token|access_token|secret|password)=([^&#{]{6,})/i;
/** Matches the part before the @ of an address once. Later code checks whether it is a name and a password. */
const URL_CREDENTIALS = /^https?:\/\/([^/?#@{}]*)@/i;
/** Shorter values are words such as `bearer`, not credentials. */
const SHORTEST_SECRET = 6;

export const hardCodedSecrets = (raw: JsonObject): Problem[] =>
  templatesOf(raw)
    .filter(looksSecret)
    .map(({ place }) => ({ place, message: PUT_INTO_FORM }));

/** The secret texts themselves, so that they can be hidden where a manifest is shown. */
export const secretTextsIn = (raw: JsonObject): readonly string[] =>
  templatesOf(raw)
    .filter(looksSecret)
    .map(({ template }) => template);

function looksSecret({ place, template }: TemplatePlace): boolean {
  if (KNOWN_TOKEN.test(template)) return true;
  const user = URL_CREDENTIALS.exec(template)?.[1] ?? '';
  if (QUERY_SECRET.test(template) || /^[^]+:[^]+$/.test(user)) return true;
  if (hasTags(template) || !SECRET_KEY.test(place)) return false;
  const value = template.replace(/^(basic|bearer|token|apikey)\s+/i, '').trim();
  return value.length >= SHORTEST_SECRET && !/\s/.test(value);
}

export function plainHttpAddresses(raw: JsonObject): Problem[] {
  return addressesOf(raw).flatMap(({ place, template }): Problem[] => {
    const host = /^\s*http:\/\/([^/?#]*)/i.exec(template)?.[1];
    if (host === undefined || isPrivateHost(host)) return [];
    return [{ place, message: 'http:// sends everything unencrypted; use https://' }];
  });
}

/** Names and IP addresses of the own network. A templated host counts as public. */
function isPrivateHost(hostAndPort: string): boolean {
  const host = hostAndPort.replace(/^.*@/, '').replace(/:\d*$/, '').toLowerCase();
  if (hasTags(host)) return false;
  return (
    /^(localhost|.*\.(localhost|local|internal|lan|test|home\.arpa))\.?$/.test(host) ||
    !/[.:[]/.test(host) ||
    /^(127|10)(\.\d{1,3}){3}$|^192\.168(\.\d{1,3}){2}$|^169\.254(\.\d{1,3}){2}$|^172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}$/.test(
      host,
    ) ||
    /^\[(::1|f[cd][\da-f]{2}:.*|fe80:.*)\]$/.test(host)
  );
}

/** A host without a template is known now. Every run would fail with it. */
export const hostsThatAreNone = (raw: JsonObject): Problem[] =>
  addressesOf(raw).flatMap(({ place, template }) => {
    const host = /^\s*https?:\/\/([^/?#]*)/i.exec(template)?.[1];
    if (host === undefined || host.includes('{')) return [];
    return host !== '' && URL.canParse(`https://${host}`)
      ? []
      : [
          {
            place,
            message: `has no valid host: ${JSON.stringify(host)}; write it like https://api.example.com/users`,
          },
        ];
  });

/** Headers that no request can carry. */
export const impossibleHeaders = (raw: JsonObject): Problem[] =>
  [{ item: raw, place: '' }, ...requestsOf(raw)].flatMap(({ item, place }) =>
    Object.entries(objectAt(item, 'headers')).flatMap(([name, value]): Problem[] => {
      const key = placeOf(['headers', name]);
      if (!name.includes('{') && !HEADER_NAME.test(name.trim()))
        return [
          { place: place + key, message: 'is no name of a header; use letters, digits and dashes' },
        ];
      return typeof value === 'string' && /[\r\n]/.test(value.trim())
        ? [{ place: place + key, message: 'has a line break, which no header can; remove it' }]
        : [];
    }),
  );

function requestsOf(raw: JsonObject) {
  const oauth = objectAt(raw, 'oauth');
  return [
    ...['form', 'exists', 'execute', 'revoke'].flatMap((key) => objectsUnder(raw, key)),
    ...['access_token', 'refresh'].flatMap((key) => objectsUnder(oauth, key, TOKEN_REQUESTS)),
    ...objectsUnder(objectAt(raw, 'accounts'), 'execute', 'accounts.'),
  ];
}

const TOKEN_REQUESTS = 'oauth.';

/** What each request sends, apart from those that send nothing. */
const sentData = (raw: JsonObject) =>
  requestsOf(raw).flatMap(({ item, place }) => {
    const data = valueAt(item, 'data');
    if (data === undefined) return [];
    const isToken = place.startsWith(TOKEN_REQUESTS);
    const own = Object.entries(objectAt(item, 'headers'));
    const headers = own.length > 0 || isToken ? own : Object.entries(objectAt(raw, 'headers'));
    const type = headers.find(([name]) => name.trim().toLowerCase() === 'content-type')?.[1];
    const format = formatOf(data, {
      castDataToJson: valueAt(item, 'cast_data_to_json') === true,
      contentType: typeof type === 'string' ? type : undefined,
      dataAs: isToken ? 'form' : 'json',
    });
    const hasFiles = Object.keys(objectAt(item, 'files')).length > 0;
    return [{ data, place: `${place}data`, format: hasFiles ? 'form' : format }];
  });

/** A single variable may be an object. */
const isOneValue = (data: Json): boolean =>
  typeof data === 'string' && /^\{\{[^{}]+\}\}$|^\{\{\{[^{}]+\}\}\}$/.test(data);

/** Nothing could be sent. */
export const formsThatAreNone = (raw: JsonObject): Problem[] =>
  sentData(raw)
    .filter(({ data, format }) => format === 'form' && !isJsonObject(data) && !isOneValue(data))
    .filter(({ data }) => typeof data !== 'string' || !data.includes('='))
    .map(({ data, place }) => ({
      place,
      message: `is sent as a form, so it must be an object of fields and values such as {"name": "value"}, but is ${showValue(data)}`,
    }));

/** An app that wants XML, a form or its own format gets a text in quotes, and its answer rarely says why it refuses that. */
export const textsSentAsJson = (raw: JsonObject): Problem[] =>
  sentData(raw)
    .filter(({ data, format }) => format === 'json' && typeof data === 'string')
    .filter(({ data }) => !isOneValue(data))
    .map(({ place }) => ({ place, message: IN_QUOTES }));

const IN_QUOTES =
  'is a text, which is sent as JSON, in quotes; write an object, for a form "cast_data_to_json": true beside it, or for XML add a Content-Type such as "text/xml" to headers';

/** The app would get an object where it wants a number. */
export const typesOfNoUse = (raw: JsonObject): Problem[] =>
  sentData(raw).flatMap(({ data, place }) =>
    typesOfNoUseIn(data, []).map(({ type, path }) => ({
      place: placeInside(place, path),
      message: `holds "${type}" and is sent as it stands; write { "${type}": "{{variable}}" } with nothing beside it, or the value itself`,
    })),
  );

type TypeOfNoUse = { readonly type: string; readonly path: readonly (string | number)[] };

function typesOfNoUseIn(value: Json, path: TypeOfNoUse['path']): readonly TypeOfNoUse[] {
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((item, at) => typesOfNoUseIn(item, [...path, at]));
  if (!isJsonObject(value) || typedValueIn(value)) return [];
  const type = VALUE_TYPES.find((each) => Object.hasOwn(value, each));
  const inside = Object.entries(value);
  return [
    ...(type === undefined ? [] : [{ type, path }]),
    ...inside.flatMap(([key, each]) => typesOfNoUseIn(each, [...path, key])),
  ];
}
