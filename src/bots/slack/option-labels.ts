import { OPTION_TEXT } from './limits.ts';
import { orBlank, shorten } from './text.ts';

/**
 * What a select shows for each label: shortened visibly where Slack takes no more, and where several would look the
 * same, with the option's number in the whole list.
 */
export function optionTexts(
  options: readonly { readonly label: string; readonly position: number }[],
): readonly string[] {
  const short = options.map(({ label }) => shorten(orBlank(label), OPTION_TEXT));
  const times = new Map<string, number>();
  for (const text of short) times.set(text, (times.get(text) ?? 0) + 1);
  return options.map(({ label, position }, index) => {
    const text = short[index] ?? '';
    if (times.get(text) === 1) return text;
    const number = ` (${position + 1})`;
    return shorten(orBlank(label), OPTION_TEXT - number.length) + number;
  });
}
