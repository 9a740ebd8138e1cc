/** The templates of a manifest, and the variables that they use. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { onceFor } from '../../core/once-for.ts';
import { unreachable } from '../../core/unreachable.ts';
import { variablesInPath } from '../templates/notation.ts';
import { parseTemplate, type Template, type Token } from '../templates/template.ts';
import { placeInside } from './problem.ts';
import { objectAt, objectsAt, valueAt } from './raw.ts';

/** A text of the manifest that is rendered before it is used. */
export interface TemplatePlace {
  readonly place: string;
  readonly template: string;
  readonly parsed: Template;
  /** How many answers of earlier requests exist. `execute` and `revoke` both begin at 0. */
  readonly step?: number;
}

type Text = Omit<TemplatePlace, 'parsed'>;

export interface UsedVariable {
  /** As written: `responses.0.id`. */
  readonly name: string;
  readonly place: string;
  readonly step?: number;
}

/** The variables of a manifest that sends texts: a number in E.164 (`+32470123456`), and the message. */
export const TEXT_VARIABLES = ['to', 'message'] as const;

/** In a manifest with `since`: where the last import ended. */
export const SINCE = 'SINCE';

/**
 * In `next_page`, for apps that name no next page: the number of the page, from 2, and how many entries came before it. With
 * `first_page`, they count from another number.
 */
export const NEXT_PAGE_NUMBER = 'NEXT_PAGE_NUMBER';
export const NEXT_PAGE_OFFSET = 'NEXT_PAGE_OFFSET';
export const PAGE_COUNTERS: readonly string[] = [NEXT_PAGE_NUMBER, NEXT_PAGE_OFFSET];

/** The key whose text is for people. Only facts about the person have a value in it. */
export const REVOKE_NOTE = 'revoke_note';

const REQUEST_TEXTS = ['url', 'headers', 'data', 'expected', 'files'];
const NOTIFICATION_TEXTS = ['to', 'subject', 'message'];

/** Every template of a manifest's JSON, valid or not, including names of headers and keys of `data`. */
export const templatesOf = onceFor((raw: JsonObject): readonly TemplatePlace[] =>
  allTexts(raw).map((text) => ({ ...text, parsed: parseTemplate(text.template) })),
);

function allTexts(raw: JsonObject): readonly Text[] {
  const oauth = objectAt(raw, 'oauth');
  return [
    ...textsIn(valueAt(raw, 'headers'), 'headers'),
    ...objectsAt(raw, 'form').flatMap(({ item, place }) => atStep(0, requestTexts(item, place))),
    ...atStep(0, requestTexts(objectAt(raw, 'exists'), 'exists')),
    ...['execute', 'revoke'].flatMap((key) =>
      objectsAt(raw, key).flatMap(({ item, place }, step) =>
        atStep(step, requestTexts(item, place)),
      ),
    ),
    ...textsIn(valueAt(oauth, 'authenticate_url'), 'oauth.authenticate_url'),
    ...textsIn(valueAt(oauth, 'issuer'), 'oauth.issuer'),
    ...requestTexts(objectAt(oauth, 'access_token'), 'oauth.access_token'),
    ...requestTexts(objectAt(oauth, 'refresh'), 'oauth.refresh'),
    ...textsIn(valueAt(raw, 'next_page'), 'next_page'),
    ...objectsAt(objectAt(raw, 'accounts'), 'execute').flatMap(({ item, place }, step) =>
      atStep(step, requestTexts(item, `accounts.${place}`)),
    ),
    ...textsIn(valueAt(objectAt(raw, 'accounts'), 'next_page'), 'accounts.next_page'),
    ...textsIn(valueAt(raw, 'revoke_note'), REVOKE_NOTE),
    ...objectsAt(raw, 'post_execute_notification').flatMap(({ item, place }) =>
      NOTIFICATION_TEXTS.flatMap((key) => textsIn(valueAt(item, key), `${place}.${key}`)),
    ),
  ];
}

/** Places that have to hold an address to send to. A key `url` inside `data` is not one. */
const ADDRESS_PLACE =
  /^((accounts\.)?next_page|oauth\.authenticate_url|(exists|oauth\.(access_token|refresh)|(form|(accounts\.)?execute|revoke)\[\d+\])\.url)$/;

/** The templates that have to render to an address. */
export const addressesOf = (raw: JsonObject): readonly TemplatePlace[] =>
  templatesOf(raw).filter(({ place }) => ADDRESS_PLACE.test(place));

/** Every variable that the templates use. Broken templates count as using none. */
export const variablesOf = onceFor((raw: JsonObject): readonly UsedVariable[] =>
  templatesOf(raw).flatMap(({ parsed, place, step }) =>
    parsed.ok
      ? namesIn(parsed.tokens, false).map((name) => ({
          name,
          place,
          step,
        }))
      : [],
  ),
);

const atStep = (step: number, texts: readonly Text[]): readonly Text[] =>
  texts.map((text) => ({ ...text, step }));

function requestTexts(request: JsonObject, place: string): readonly Text[] {
  return [
    ...REQUEST_TEXTS.flatMap((key) => textsIn(valueAt(request, key), `${place}.${key}`)),
    ...textsIn(valueAt(objectAt(request, 'continue_if'), 'value'), `${place}.continue_if.value`),
  ];
}

function textsIn(value: Json | undefined, place: string): readonly Text[] {
  if (typeof value === 'string') return [{ place, template: value }];
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, index) => textsIn(item, `${place}[${index}]`));
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = placeInside(place, [key]);
    return [
      ...(key.includes('{') ? [{ place: here, template: key }] : []),
      ...textsIn(inner, here),
    ];
  });
}

/**
 * @param inSection inside a section a name may belong to the section's value, which is unknown before the run. Only names of
 * sections are certainly variables there.
 */
function namesIn(tokens: readonly Token[], inSection: boolean): readonly string[] {
  return tokens.flatMap((token) => {
    switch (token.kind) {
      case 'text':
        return [];
      case 'value':
        return [...(inSection ? [] : [token.name]), ...variablesInPath(token.name)];
      case 'section':
        return [
          ...(inSection ? [] : [token.name]),
          ...variablesInPath(token.name),
          ...namesIn(token.tokens, true),
        ];
      default:
        return unreachable(token);
    }
  });
}
