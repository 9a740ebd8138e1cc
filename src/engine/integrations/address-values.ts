/**
 * Values of an `initial_data_form` that the manifest uses in an address. A wrong value is refused in the form, before the first
 * request uses it.
 */
import type { JsonObject } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { addressesOf } from '../manifest/variables.ts';
import { isHost, positionAfter } from '../templates/render-url.ts';
import { parseTemplate, type Token } from '../templates/template.ts';

/** Where an address has the value: at its start, at its start followed by a slash, or in its host. */
export type AddressUse = 'base' | 'base-before-slash' | 'host';

/** How the addresses of the manifest use the value with this id. */
export function addressUsesOf(id: string, raw: JsonObject): ReadonlySet<AddressUse> {
  const uses = addressesOf(raw).flatMap(({ template }) => {
    const parsed = parseTemplate(template.trim());
    return parsed.ok ? usesIn(parsed.tokens, id) : [];
  });
  return new Set(uses);
}

/** Stands for an unknown value, or a section, in an address. */
const SOMETHING = 'x';

function usesIn(tokens: readonly Token[], id: string): readonly AddressUse[] {
  const uses: AddressUse[] = [];
  let before = '';
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'value' && token.name === id) {
      const after = tokens
        .slice(index + 1)
        .map(textOf)
        .join('');
      if (index === 0) uses.push(...usesAtStart(after));
      // `https://{{USER}}:{{KEY}}@host/`: the part before an @ is no host.
      else if (positionAfter(before) === 'host' && !/^[^/?#\\]*@/.test(after)) uses.push('host');
    }
    before += textOf(token);
  }
  return uses;
}

/** The text of a token before there are values. */
const textOf = (token: Token): string => (token.kind === 'text' ? token.text : SOMETHING);

/** Empty for `{{SCHEME}}://…` and `{{HALF}}{{OTHER_HALF}}`: these values are no base address. */
function usesAtStart(after: string): readonly AddressUse[] {
  if (after.startsWith('/')) return ['base-before-slash'];
  return /^([?#]|$)/.test(after) ? ['base'] : [];
}

/** Why this value can't be used there, and the cure; undefined if it can. The text doesn't contain the value. */
export function addressProblem(value: string, uses: ReadonlySet<AddressUse>): string | undefined {
  const startsAddresses = uses.has('base') || uses.has('base-before-slash');
  if (startsAddresses && !isBase(value))
    return t`This must be an address that begins with https://, such as https://example.com.`;
  if (uses.has('base-before-slash') && value.endsWith('/'))
    return t`Leave out the slash at the end; the rest of the address already begins with one.`;
  if (uses.has('host') && !isHost(value))
    return t`This is part of a host name, such as example or example.com. Leave out https://, slashes and spaces.`;
  return undefined;
}

const isBase = (value: string): boolean =>
  /^https?:\/\/[^/?#]/i.test(value) && !/\s/.test(value) && URL.canParse(value);
