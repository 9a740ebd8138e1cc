/** Files that people send in a form or with a message. They are read as text. */
import { t } from '../../core/translate.ts';
import { sizeOf } from './file-size.ts';
import type { Fields, RawValues } from './form.ts';

export interface ChatFile {
  /** The name that its owner gave it. */
  readonly name: string;
  /**
   * Fetches the file. Call it soon: platforms offer a file for some minutes only. `refused` is a sentence for people:
   * what is wrong with the file, or why it couldn't be fetched, and what to do.
   */
  readonly text: (maxBytes: number) => Promise<string | { readonly refused: string }>;
}

/**
 * The text of a file, without its byte order mark. Only UTF-8 is accepted: other encodings can only be guessed, and a
 * wrong guess changes names silently.
 */
export function readFileText(
  name: string,
  bytes: Uint8Array,
): string | { readonly refused: string } {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return refused(
      t`"${name}" is UTF-16 text. Save it as UTF-8 (in Excel: "CSV UTF-8"), then send it again.`,
    );
  if (bytes.includes(0))
    return refused(t`"${name}" is not a text file. Send the text file itself.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refused(
      t`"${name}" is not UTF-8 text. Save it as UTF-8 (in Excel: "CSV UTF-8"), then send it again.`,
    );
  }
}

export const fileTooLarge = (name: string, maxBytes: number): { readonly refused: string } =>
  refused(t`"${name}" is larger than ${sizeOf(maxBytes)}, the limit here. Send a smaller file.`);

/** The files' texts by field, ready to be read like other answers. */
export interface FileAnswers {
  readonly raw: RawValues;
  readonly errors: Readonly<Record<string, string>>;
}

/** Fetches the files for the file fields in `fields` in parallel; other files are ignored. */
export async function readFiles(
  fields: Fields,
  files: Readonly<Record<string, ChatFile>>,
): Promise<FileAnswers> {
  const read = await Promise.all(
    Object.entries(files).map(async ([name, file]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field?.kind !== 'file') return undefined;
      return { name, text: await readAsked(file, field.endings, field.maxBytes) };
    }),
  );
  const answers = read.filter((answer) => answer !== undefined);
  return {
    raw: Object.fromEntries(
      answers.flatMap(({ name, text }) => (typeof text === 'string' ? [[name, text]] : [])),
    ),
    errors: Object.fromEntries(
      answers.flatMap(({ name, text }) => (typeof text === 'string' ? [] : [[name, text.refused]])),
    ),
  };
}

/** The platform's own check of the ending isn't reliable, so it is repeated here. */
async function readAsked(
  file: ChatFile,
  endings: readonly string[],
  maxBytes: number,
): Promise<string | { readonly refused: string }> {
  const name = file.name.toLowerCase();
  const wanted = endings.map((ending) => `.${withoutDot(ending).toLowerCase()}`);
  if (wanted.length > 0 && !wanted.some((ending) => name.endsWith(ending)))
    return refused(
      t`"${file.name}" is not a ${wanted.reduce((all, each) => t`${all} or ${each}`)} file. Choose one that is.`,
    );
  const text = await file.text(maxBytes);
  return typeof text === 'string' && text.trim() === ''
    ? refused(t`"${file.name}" is empty. Choose another file.`)
    : text;
}

/** A file name's ending in the form that platforms want: `csv`. */
export const withoutDot = (ending: string): string => ending.replace(/^\./, '');

const refused = (sentence: string) => ({ refused: sentence });
