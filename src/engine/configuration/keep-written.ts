/** What an export writes where files are: one that says the same stays byte for byte, and YAML keeps its comments and its order. */
import { editYaml } from './edit-yaml.ts';
import { isYaml, kindOfFile, MARK_FILE } from './file-names.ts';
import type { ThingKind } from './managed.ts';
import { withFileKeys } from './named.ts';
import { sameJson } from './normal-form.ts';
import { type Files, readDocument, readJson } from './read-files.ts';

/** @param before what the folder has @returns `files`, under the same paths */
export const keepWritten = (files: Files, before: Files): Files =>
  new Map(
    [...files].map(([file, text]) => {
      const was = before.get(file);
      return [file, was === undefined ? text : kept(file, was, text)];
    }),
  );

function kept(file: string, was: string, text: string): string {
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
