/** Reads a person's answers in a modal. */
import { z } from 'zod';
import type { RawValues } from '../view/form.ts';
import { readSlackFiles, type SlackFile } from './files.ts';
import { isBlank } from './text.ts';

/** Every input has this `action_id`. The `block_id` says which field it is. */
export const ANSWER = 'answer';
const FIELD = 'field:';

export const blockIdOf = (field: string): string => `${FIELD}${field}`;
export const fieldOf = (blockId: string): string | undefined =>
  blockId.startsWith(FIELD) ? blockId.slice(FIELD.length) : undefined;

const option = z.object({ value: z.string() });
const answer = z.object({
  value: z.string().nullish(),
  selected_date: z.string().nullish(),
  selected_user: z.string().nullish(),
  selected_users: z.array(z.string()).nullish(),
  selected_option: option.nullish(),
  selected_options: z.array(option).nullish(),
});
const uploads = z.object({ files: z.unknown() });
const state = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Leaves out blank fields and values that belong to none of our fields. */
export const readForm = (values: unknown): RawValues =>
  read(values, (given) => readAnswer(answer.safeParse(given).data));

/** The chosen file of each file field. */
export const readFormFiles = (values: unknown): Readonly<Record<string, SlackFile>> =>
  read(values, (given) => readSlackFiles(uploads.safeParse(given).data?.files)[0]);

function read<T>(
  values: unknown,
  readOne: (given: unknown) => T | undefined,
): Readonly<Record<string, T>> {
  const blocks = state.safeParse(values).data ?? {};
  const found = Object.entries(blocks).flatMap(([blockId, actions]) => {
    const field = fieldOf(blockId);
    const value = readOne(actions[ANSWER]);
    return field === undefined || value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(found);
}

function readAnswer(
  given: z.infer<typeof answer> | undefined,
): string | readonly string[] | undefined {
  if (!given) return undefined;
  if (given.selected_options)
    return given.selected_options.length > 0
      ? given.selected_options.map(({ value }) => value)
      : undefined;
  if (given.selected_users)
    return given.selected_users.length > 0 ? given.selected_users : undefined;
  const text =
    given.selected_option?.value ?? given.selected_date ?? given.selected_user ?? given.value;
  return text == null || isBlank(text) ? undefined : text;
}
