/** A digest of each line of each file in a pack, so that a change is found with its place. */
import { sha256 } from '../../core/sha256.ts';

/** 96 bits. Someone who changes a line can't find another one with the same digest. */
const LENGTH = 16;

export const digestOfLine = (line: string): string => sha256(line).slice(0, LENGTH);

export const digestOf = (text: string): string => sha256(text);

/** Passes the texts on and collects the digests of their lines. @param content texts that end with a line's end */
export async function* noting(
  content: AsyncIterable<string>,
  digests: string[],
): AsyncIterable<string> {
  for await (const text of content) {
    if (text === '') continue;
    for (const line of linesOf(text)) digests.push(digestOfLine(line));
    yield text;
  }
}

/** Without the empty one after the last line's end. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** `access.csv 2`, and then the digest of each of its lines. */
export function* digestLines(files: ReadonlyMap<string, readonly string[]>): Iterable<string> {
  for (const [name, digests] of files) {
    yield `${name} ${digests.length}\n`;
    for (const digest of digests) yield `${digest}\n`;
  }
}

/** What `digestLines` wrote. Undefined for anything else. */
export function readDigests(text: string): ReadonlyMap<string, readonly string[]> | undefined {
  const lines = linesOf(text);
  const files = new Map<string, readonly string[]>();
  for (let at = 0; at < lines.length; ) {
    const { name, count } =
      /^(?<name>[\w.-]+) (?<count>\d{1,9})$/.exec(lines[at] ?? '')?.groups ?? {};
    if (name === undefined) return undefined;
    files.set(name, lines.slice(at + 1, at + 1 + Number(count)));
    at += 1 + Number(count);
  }
  return files;
}
