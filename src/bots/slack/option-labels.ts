import { OPTION_TEXT } from './limits.ts';
import { orBlank, shorten } from './text.ts';

/**
 * The text that a select shows for each label. Too long labels end in "…". Labels that would look the same get the
 * option's number in the whole list. No two texts are the same.
 */
export function optionTexts(
  options: readonly { readonly label: string; readonly position: number }[],
): readonly string[] {
  let texts = options.map(({ label }) => shorten(orBlank(label), OPTION_TEXT));
  // A numbered text may equal another option's label. Then that option gets its number too.
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
