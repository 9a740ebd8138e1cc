/** What an export writes where files are: one that says the same stays byte for byte, and YAML keeps its comments and its order. */
import { fold } from '../../core/fold.ts';
import { editYaml } from './edit-yaml.ts';
import { isYaml, kindOfFile, MARK_FILE, manifestFile } from './file-names.ts';
import type { ThingKind } from './managed.ts';
import { withFileKeys } from './named.ts';
import { sameJson } from './normal-form.ts';
import { type Files, readDocument, readJson } from './read-files.ts';

export interface Kept {
  readonly files: Files;
  /** Where what a file names is now, by the path of that file, which goes. */
  readonly movedTo: ReadonlyMap<string, string>;
}

/** @param before what the folder has: also files that someone has renamed and not applied since, whose text moves along */
export function keepWritten(files: Files, before: Files): Kept {
  const going = namedIn([...before].filter(([file]) => !files.has(file)));
  const coming = namedIn([...files].filter(([file]) => !before.has(file)));
  const movedFrom = new Map(
    [...coming].flatMap(([name, file]) => {
      const from = going.get(name);
      return from === undefined ? [] : [[file, from] as const];
    }),
  );
  const kept = [...files].map(([file, text]): readonly [string, string] => {
    const from = before.has(file) ? file : movedFrom.get(file);
    const was = from !== undefined && isYaml(from) === isYaml(file) ? before.get(from) : undefined;
    return [file, was === undefined ? text : keptText(file, was, text)];
  });
  const moves = [...movedFrom].flatMap(([to, from]) => [
    [from, to] as const,
    [manifestFile(from), manifestFile(to)] as const,
  ]);
  return { files: new Map(kept), movedTo: new Map(moves) };
}

/** The path of each, by kind and name. */
function namedIn(
  files: readonly (readonly [file: string, text: string])[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [file, text] of files) {
    const kind = kindOfFile(file);
    const name = kind && readDocument(kind, { file, text }).document?.['name'];
    if (typeof name === 'string') found.set(`${kind} ${fold(name)}`, file);
  }
  return found;
}

function keptText(file: string, was: string, text: string): string {
  if (file === MARK_FILE) return isSameMark(was, text) ? was : text;
  const kind = kindOfFile(file);
  // A manifest is stored byte for byte, and apply would find another layout of it.
  return kind === undefined ? text : keptDocument(kind, { file, was, text });
}

function isSameMark(was: string, text: string): boolean {
  const [before, after] = [readJson(was), readJson(text)];
  return before.ok && after.ok && sameJson(before.value, after.value);
}

interface Written {
  readonly file: string;
  readonly was: string;
  readonly text: string;
}

function keptDocument(kind: ThingKind, { file, was, text }: Written): string {
  const read = (written: string) => readDocument(kind, { file, text: written }).document;
  const [before, after] = [read(was), read(text)];
  if (!before || !after) return text;
  if (sameJson(before, after)) return was;
  if (!isYaml(file)) return text;
  const edited = editYaml(was, { before: withFileKeys(before), after: withFileKeys(after) });
  // Where it can't be edited in place, it is written whole.
  return sameJson(read(edited), after) ? edited : text;
}
