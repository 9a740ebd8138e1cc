import { OPTION_TEXT } from './limits.ts';
import { orBlank, shorten } from './text.ts';

/**
 * What a select shows for each label: shortened visibly where Slack takes no more, and where several would look the
 * same, with the option's number in the whole list. No two are the same.
 */
export function optionTexts(
  options: readonly { readonly label: string; readonly position: number }[],
): readonly string[] {
  let texts = options.map(({ label }) => shorten(orBlank(label), OPTION_TEXT));
  // A number can make an option look like one that has it in its name: then that one gets its own, too.
  for (let again = repeated(texts); again.size > 0; again = repeated(texts)) {
    const same = again;
    texts = texts.map((text, index) =>
      same.has(text) ? numbered(text, options[index]?.position ?? index) : text,
    );
  }
  return texts;
}

function numbered(text: string, position: number): string {
  const number = ` (${position + 1})`;
  return shorten(text, OPTION_TEXT - number.length) + number;
}

function repeated(texts: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const text of texts) (seen.has(text) ? again : seen).add(text);
  return again;
}
