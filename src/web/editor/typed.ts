/** The fields of the editor's forms. They are parsed only here. */
import { z } from 'zod';

const text = z.string().catch('');
const many = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat())
  .catch([]);

const common = z.object({
  /** The pressed button. */
  do: text,
  /** Browsers send every line break as CR LF. */
  manifest: text.transform((typed) => typed.replaceAll(/\r\n?/g, '\n')),
  /** The id of the version that the text started from. Empty for a new integration. */
  base: text,
  name: text.transform((typed) => typed.trim()),
  person: text,
  q: text,
  part: text,
  sure: text,
  /** Differs on each page of a try, so that a button that was pressed twice counts once. */
  once: text,
});

export type Typed = z.infer<typeof common> & {
  /** Answers to the manifest's form, by the input's name. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
};

/** The prefix of answers' inputs, so that a manifest's id never conflicts with a field of the page. */
export const ANSWER = 'answer.';

/** @param body a list has no fields */
export function readTyped(body: unknown): Typed {
  const fields = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  return {
    ...common.parse(fields),
    answers: Object.fromEntries(
      Object.entries(fields)
        .filter(([name]) => name.startsWith(ANSWER))
        .map(([name, value]) => [name.slice(ANSWER.length), many.parse(value)]),
    ),
  };
}
