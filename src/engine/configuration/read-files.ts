/** Reads the texts of files: what they say, and everything that is wrong with them, all at once. */
import type { z } from 'zod';
import { didYouMean } from '../../core/did-you-mean.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  JsonSyntaxError,
  parseJson,
} from '../../core/json.ts';
import { keysTwice } from '../manifest/keys-twice.ts';
import { MAX_MANIFEST_CHARACTERS } from '../manifest/parse.ts';
import { placeOf, showValue } from '../manifest/problem.ts';
import { documentSchemas, type FileProblem, type FileThing } from './document.ts';
import {
  isYaml,
  kindOfFile,
  MANIFEST_SUFFIX,
  MARK_FILE,
  manifestFile,
  stemOf,
  YAML_MANIFEST,
} from './file-names.ts';
import { keysOf } from './json-schemas.ts';
import { type ThingKind } from './managed.ts';
import { filePath, withDomainKeys, withFileKeys } from './named.ts';
import { normalForm } from './normal-form.ts';
import { readYaml } from './yaml.ts';

/** By path within the folder, such as `rules/engineering.json`. */
export type Files = ReadonlyMap<string, string>;

export interface ReadFiles {
  readonly things: readonly FileThing[];
  readonly problems: readonly FileProblem[];
}

/** Of the layout of these files. A later one is refused. */
export const FORMAT = 1;
const LIMITS = { depth: 40, values: 40_000 };
/** Of one file. The rest shows once these are fixed. */
const MAX_PROBLEMS = 50;

export function readFiles(files: Files): ReadFiles {
  const [things, problems]: [FileThing[], FileProblem[]] = [[], formatProblems(files)];
  for (const [file, text] of files) {
    if (file === MARK_FILE || file.endsWith(MANIFEST_SUFFIX)) continue;
    const kind = kindOfFile(file);
    if (kind === undefined) {
      problems.push({
        file,
        place: '',
        message: YAML_MANIFEST.test(file)
          ? `is a manifest, and those are JSON; write it as ${stemOf(file)}.json`
          : 'belongs to nothing here; remove it, or put it into integrations, bundles, rules or sequences',
      });
      continue;
    }
    const read = readDocument(kind, { file, text });
    problems.push(...read.problems.map((problem) => ({ file, ...problem })));
    if (!read.document) continue;
    const manifest = kind === 'integration' ? files.get(manifestFile(file)) : undefined;
    const { name: said } = read.document;
    const name = typeof said === 'string' ? said : '';
    things.push({
      kind,
      name,
      file,
      document: read.document,
      ...(manifest !== undefined && { manifest }),
    });
  }
  return { things, problems: [...problems, ...twoOfAStem(files), ...lonelyManifests(files)] };
}

function formatProblems(files: Files): FileProblem[] {
  const text = files.get(MARK_FILE);
  const wrong = (message: string) => [{ file: MARK_FILE, place: 'format', message }];
  if (text === undefined)
    return wrong(
      `is missing, so this may be another folder; "latchkey export" writes one with {"format": ${FORMAT}}`,
    );
  const json = readJson(text);
  const format = json.ok && isJsonObject(json.value) ? json.value['format'] : undefined;
  return format === FORMAT
    ? []
    : wrong(`must be ${FORMAT}; these files may be for another version of Latchkey`);
}

/** `a.json` and `a.yaml`. */
function twoOfAStem(files: Files): readonly FileProblem[] {
  const first = new Map<string, string>();
  return [...files.keys()].flatMap((file) => {
    const other = first.get(stemOf(file));
    first.set(stemOf(file), other ?? file);
    return other === undefined
      ? []
      : [{ file, place: '', message: `stands beside ${other}; keep one` }];
  });
}

function lonelyManifests(files: Files): FileProblem[] {
  const stems = new Set([...files.keys()].filter((file) => kindOfFile(file)).map(stemOf));
  return [...files.keys()].flatMap((file) => {
    if (!file.endsWith(MANIFEST_SUFFIX)) return [];
    const stem = file.slice(0, -MANIFEST_SUFFIX.length);
    return stems.has(stem)
      ? []
      : [{ file, place: '', message: `has no ${stem}.json beside it; add one with {"name": "…"}` }];
  });
}

type ReadText =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly place: string; readonly message: string };

export function readJson(text: string): ReadText {
  if (text.length > MAX_MANIFEST_CHARACTERS)
    return {
      ok: false,
      place: '',
      message: `is longer than ${MAX_MANIFEST_CHARACTERS} characters; is this the right file?`,
    };
  try {
    return { ok: true, value: parseJson(text, LIMITS) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const place = `line ${error.line}, column ${error.column}`;
    return { ok: false, place, message: `not valid JSON: ${error.detail}` };
  }
}

interface ReadDocument {
  readonly document?: JsonObject;
  readonly problems: readonly Omit<FileProblem, 'file'>[];
}

/** One document of a file. `document` is left out where something is wrong with it. */
export function readDocument(
  kind: ThingKind,
  { file, text: written }: { readonly file: string; readonly text: string },
): ReadDocument {
  const yaml =
    isYaml(file) && written.length <= MAX_MANIFEST_CHARACTERS ? readYaml(written) : undefined;
  if (yaml && !yaml.ok) return { problems: [yaml] };
  const text = yaml?.text ?? written;
  const json = readJson(text);
  if (!json.ok) return { problems: [json] };
  if (!isJsonObject(json.value))
    return {
      problems: [
        { place: '', message: `must be an object with keys, but is ${showValue(json.value)}` },
      ],
    };
  const unkept = textsUnkept(json.value, []);
  if (unkept.length > 0) return { problems: unkept.slice(0, MAX_PROBLEMS) };
  const twice = keysTwice(text);
  const { $schema: _, ...said } = json.value;
  const raw = withDomainKeys(said);
  const parsed = documentSchemas[kind].safeParse(raw, { reportInput: true });
  if (!parsed.success)
    return { problems: [...twice, ...parsed.error.issues.map(problemOf)].slice(0, MAX_PROBLEMS) };
  const taken = withFileKeys(parsed.data);
  const unknown = unknownKeys(said, taken, { path: [], kind });
  const problems = [...twice, ...unknown].slice(0, MAX_PROBLEMS);
  return problems.length > 0 ? { problems } : { document: normalForm(kind, parsed.data), problems };
}

/** A zero byte, or half of a character: PostgreSQL keeps another text, so the file would never be what there is. */
const UNKEPT = /\0|\p{Cs}/u;

function textsUnkept(value: Json, path: readonly (string | number)[]): Omit<FileProblem, 'file'>[] {
  if (typeof value === 'string')
    return UNKEPT.test(value)
      ? [{ place: placeOf(path), message: 'has a character that no text has; remove it' }]
      : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, Json]) =>
    textsUnkept(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function problemOf(issue: z.core.$ZodIssue): Omit<FileProblem, 'file'> {
  const place = placeOf(filePath(issue.path));
  return { place, message: messageOf(issue) };
}

function messageOf(issue: z.core.$ZodIssue): string {
  const value = 'input' in issue ? showValue(issue.input) : '';
  if (issue.code === 'invalid_type')
    return value === 'missing'
      ? `is missing; it is a ${issue.expected}`
      : `must be a ${issue.expected}, but is ${value}${isUnquoted(issue) ? '; put what you wrote in quotes' : ''}`;
  if (issue.code === 'invalid_value')
    return `${value} isn't known here; use ${issue.values.map((each) => JSON.stringify(each)).join(', ')}`;
  if (issue.code !== 'invalid_union') return issue.message;
  const kinds = kindsOf(issue);
  return kinds.length > 0
    ? `is of no known kind; use ${kinds.join(', ')}`
    : `${value} doesn't fit here; see the schema or the documents`;
}

const isUnquoted = ({ expected, input }: z.core.$ZodIssueInvalidType): boolean =>
  expected === 'string' && typeof input !== 'object';

/** Of a union that is told by a key. */
const kindsOf = (issue: z.core.$ZodIssueInvalidUnion): readonly string[] =>
  'options' in issue && Array.isArray(issue.options)
    ? issue.options.map((each) => JSON.stringify(each))
    : [];

interface At {
  readonly path: readonly (string | number)[];
  readonly kind: ThingKind;
}

/** What the schema didn't take, with the nearest name that it would have. */
function unknownKeys(said: Json, taken: Json, { path, kind }: At): Omit<FileProblem, 'file'>[] {
  if (Array.isArray(said) && Array.isArray(taken)) {
    const items = taken as readonly Json[];
    return (said as readonly Json[]).flatMap((item, at) =>
      unknownKeys(item, items[at] ?? null, { path: [...path, at], kind }),
    );
  }
  if (!isJsonObject(said) || !isJsonObject(taken)) return [];
  return Object.entries(said).flatMap(([key, value]) => {
    if (Object.hasOwn(taken, key))
      return unknownKeys(value, taken[key] ?? null, { path: [...path, key], kind });
    const near = didYouMean(key, keysOf(kind));
    const cure = near === undefined ? 'remove it' : `did you mean "${near}"?`;
    return [{ place: placeOf([...path, key]), message: `isn't known here; ${cure}` }];
  });
}
