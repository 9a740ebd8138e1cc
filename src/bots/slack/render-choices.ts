/** Renders option lists: as short lists when Slack takes all options, else as type-aheads. Pure. */
import type { types } from '@slack/bolt';
import { type Option, optionText } from '../view/form.ts';
import { CHECKBOX_OPTIONS, OPTION_TEXT } from './limits.ts';
import { ANSWER } from './read-form.ts';
import { orBlank, plain, shorten } from './text.ts';

export type InputElement = types.InputBlock['element'];

/** A list with one answer. @param answered the chosen positions in the list */
export function renderChoice(
  options: readonly Option[],
  answered: readonly string[],
  listedOptions: number,
): InputElement {
  const listed = options.length <= listedOptions ? renderSuggestions(numbered(options)) : undefined;
  const [initial] = chosen(options, answered, listed);
  const common = { action_id: ANSWER, ...(initial && { initial_option: initial }) };
  return listed
    ? { type: 'static_select', ...common, options: listed }
    : { type: 'external_select', ...common, min_query_length: 0 };
}

/** A list with any number of answers. */
export function renderChoices(
  options: readonly Option[],
  answered: readonly string[],
  listedOptions: number,
): InputElement {
  const few = options.length <= CHECKBOX_OPTIONS;
  const listed =
    few || options.length <= listedOptions ? renderSuggestions(numbered(options)) : undefined;
  const initial = chosen(options, answered, listed);
  // Slack refuses an empty list.
  const common = { action_id: ANSWER, ...(initial.length > 0 && { initial_options: initial }) };
  if (!listed) return { type: 'multi_external_select', ...common, min_query_length: 0 };
  return { type: few ? 'checkboxes' : 'multi_static_select', ...common, options: listed };
}

type Numbered = { readonly label: string; readonly position: number };
const numbered = (options: readonly Option[]): Numbered[] =>
  options.map((option, position) => ({ label: optionText(option), position }));

/** The options at `positions`. Slack requires that they look exactly as in the list, where there is one. */
function chosen(
  options: readonly Option[],
  positions: readonly string[],
  listed: types.PlainTextOption[] | undefined,
): types.PlainTextOption[] {
  const isChosen = (position: string) => positions.includes(position);
  return listed
    ? listed.filter(({ value = '' }) => isChosen(value))
    : renderSuggestions(numbered(options).filter(({ position }) => isChosen(String(position))));
}

/** Options in Slack's format. The value of each is its position in the whole list. */
export function renderSuggestions(options: readonly Numbered[]): types.PlainTextOption[] {
  const texts = optionTexts(options);
  return options.map(({ position }, index) => ({
    text: plain(texts[index] ?? ''),
    value: String(position),
  }));
}

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
      same.has(text) ? withNumber(text, options[index]?.position ?? index) : text,
    );
  }
  return texts;
}

function withNumber(text: string, position: number): string {
  const number = ` (${position + 1})`;
  return shorten(text, OPTION_TEXT - number.length) + number;
}

function repeated(texts: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const text of texts) (seen.has(text) ? again : seen).add(text);
  return again;
}
