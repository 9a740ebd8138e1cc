/** Values in quotes, in addresses and in queries of GraphQL: an apostrophe in a name would end a text there, and ask for something else. */
import type { JsonObject } from '../../core/json.ts';
import type { Literal, Token } from '../templates/template.ts';
import type { Problem } from './problem.ts';
import { addressesOf, type TemplatePlace, templatesOf } from './variables.ts';

export const valuesInQuotes = (raw: JsonObject): Problem[] =>
  [...addressesOf(raw), ...templatesOf(raw).filter(isQuery)].flatMap(({ parsed, place }) =>
    (parsed.ok ? quotedIn(parsed.tokens) : []).map(({ name, literal }) => ({
      place,
      message: `{{${name}}} is in quotes, and a quote in its value would end them; write {{#${literal}}}{{${name}}}{{/${literal}}} between them`,
    })),
  );

const isQuery = ({ place }: TemplatePlace): boolean => place.endsWith('.data.query');

/** As addresses write them. Their closing one is the same. */
const QUOTES: Readonly<Record<string, Literal>> = {
  "'": '$odata',
  '%27': '$odata',
  '"': '$json',
  '%22': '$json',
};

interface Quoted {
  readonly name: string;
  /** What would escape it. */
  readonly literal: Literal;
}

const quotedIn = (tokens: readonly Token[]): readonly Quoted[] =>
  tokens.flatMap((token, at): readonly Quoted[] => {
    if (token.kind === 'section') return quotedIn(token.tokens);
    if (token.kind === 'text' || token.literal) return [];
    const [before, after] = [textOf(tokens[at - 1]), textOf(tokens[at + 1])];
    const found = Object.entries(QUOTES).find(
      ([quote]) => before.endsWith(quote) && after.startsWith(quote),
    );
    return found ? [{ name: token.name, literal: found[1] }] : [];
  });

const textOf = (token: Token | undefined): string => (token?.kind === 'text' ? token.text : '');
