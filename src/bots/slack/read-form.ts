/** What somebody answered in a modal. */
import { z } from 'zod';
import type { RawValues } from '../view/form.ts';
import { isBlank } from './text.ts';

/** Every input's `action_id`; which field it is says the block around it. */
export const ANSWER = 'answer';
const FIELD = 'field:';

export const blockIdOf = (field: string): string => `${FIELD}${field}`;
export const fieldOf = (blockId: string): string | undefined =>
  blockId.startsWith(FIELD) ? blockId.slice(FIELD.length) : undefined;

const option = z.object({ value: z.string() });
const answer = z.object({
  value: z.string().nullish(),
  selected_date: z.string().nullish(),
  selected_option: option.nullish(),
  selected_options: z.array(option).nullish(),
});
const state = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Blank fields are left out, and whatever is not an answer to a field of ours. */
export function readForm(values: unknown): RawValues {
  const blocks = state.safeParse(values).data ?? {};
  const read = Object.entries(blocks).flatMap(([blockId, actions]) => {
    const field = fieldOf(blockId);
    const value = readAnswer(answer.safeParse(actions[ANSWER]).data);
    return field === undefined || value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(read);
}

function readAnswer(
  given: z.infer<typeof answer> | undefined,
): string | readonly string[] | undefined {
  if (!given) return undefined;
  if (given.selected_options)
    return given.selected_options.length > 0
      ? given.selected_options.map(({ value }) => value)
      : undefined;
  const text = given.selected_option?.value ?? given.selected_date ?? given.value;
  return text == null || isBlank(text) ? undefined : text;
}
