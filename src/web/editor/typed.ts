/** What a form of the editor brought. Parsed here, and nowhere else. */
import { z } from 'zod';

const text = z.string().catch('');
const many = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat())
  .catch([]);

const common = z.object({
  /** Which button. */
  do: text,
  /** Browsers send every line break as CR LF. */
  manifest: text.transform((typed) => typed.replaceAll(/\r\n?/g, '\n')),
  /** Id of the version that the text was begun from; empty for a new integration. */
  base: text,
  name: text.transform((typed) => typed.trim()),
  person: text,
  q: text,
  part: text,
  sure: text,
  /** Tells one page of a try from the next, so that a button that was pressed twice counts once. */
  once: text,
});

export type Typed = z.infer<typeof common> & {
  /** Answers to the manifest's form, by the name of their input. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
};

/** What the inputs of answers begin with, so that no id of a manifest can be taken for a field of the page. */
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
