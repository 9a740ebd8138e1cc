import type { z } from 'zod';
import { isJsonObject, type Json, JsonSyntaxError, parseJson } from '../../core/json.ts';
import { type Problem, placeOf, showValue } from './problem.ts';
import { judgeRules } from './rules.ts';
import { type Manifest, manifestSchema } from './schema.ts';

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest; readonly warnings: readonly Problem[] }
  | {
      readonly ok: false;
      /** All of them, at least one. */
      readonly errors: readonly Problem[];
      readonly warnings: readonly Problem[];
    };

/** Larger than any manifest; a file beyond it was picked by mistake. */
const MAX_MANIFEST_CHARACTERS = 1_000_000;

/**
 * Reads the text of a manifest and normalises it. Never throws. What is merely unwise is for `checkManifest`,
 * when a manifest is saved; a saved one is only parsed.
 */
export function parseManifest(text: string): ParsedManifest {
  const known = parsed.get(text);
  if (known) return known;
  const json = readManifestJson(text);
  const fresh: ParsedManifest = json.ok
    ? parseManifestJson(json.value)
    : { ok: false, errors: [json.error], warnings: [] };
  parsed.set(text, fresh);
  const [oldest] = parsed.keys();
  if (parsed.size > KEPT_MANIFESTS && oldest !== undefined) parsed.delete(oldest);
  return fresh;
}

/** Manifests parsed already: every step of a run asks for the same few. A parsed one never changes. */
const parsed = new Map<string, ParsedManifest>();
/** More than a workspace has in use; each takes some tens of kB. */
const KEPT_MANIFESTS = 100;

/** The same for JSON that was read with `parseJson` already. */
export function parseManifestJson(json: Json): ParsedManifest {
  const rules = isJsonObject(json) ? judgeRules(json) : { errors: [], warnings: [] };
  const read = manifestSchema.safeParse(json, { reportInput: true });
  const errors = [...(read.success ? [] : read.error.issues.flatMap(problemsOf)), ...rules.errors];
  if (!read.success || errors.length > 0) {
    return { ok: false, errors: inOrder(errors), warnings: rules.warnings };
  }
  return { ok: true, manifest: read.data, warnings: rules.warnings };
}

/** The JSON of a manifest's text, or where it breaks off. */
export function readManifestJson(
  text: string,
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly error: Problem } {
  if (text.length > MAX_MANIFEST_CHARACTERS) {
    const message = `is longer than ${MAX_MANIFEST_CHARACTERS} characters; is this the right file?`;
    return { ok: false, error: { place: 'manifest', message } };
  }
  try {
    return { ok: true, value: parseJson(text) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const place = `line ${error.line}, column ${error.column}`;
    return { ok: false, error: { place, message: `not valid JSON: ${error.detail}` } };
  }
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  // Unknown keys of the top level are for judgeRules, which knows what was meant.
  if (issue.code === 'unrecognized_keys') return [];
  if (issue.path.length === 0) {
    return [
      { place: 'manifest', message: `must be a JSON object, but is ${showValue(issue.input)}` },
    ];
  }
  return [{ place: placeOf(issue.path), message: issue.message }];
}

/** Each problem once; the schema and the rules may both miss the same key. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ place }) => {
    const known = seen.has(place);
    seen.add(place);
    return !known;
  });
}
