/** Checks a manifest's text while people type: every problem with its place in the text, and the manifest's form. */
import { t } from '../../core/translate.ts';
import type { Owner } from '../../engine/integrations/stored-names.ts';
import type { Problem } from '../../engine/manifest/problem.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import { RESERVED_NAMES } from '../../engine/templates/variables.ts';
import { drawSlackModal } from './draw-slack.ts';
import type { EditorDeps } from './editor-deps.ts';
import { type Places, placesIn, type Range } from './places.ts';

export interface PlacedProblem extends Range, Problem {
  readonly line: number;
}

/** Problems of each kind in one answer. After people fix these, the next check shows more. */
const MAX_PROBLEMS = 100;

export interface Checked {
  readonly errors: readonly PlacedProblem[];
  readonly warnings: readonly PlacedProblem[];
  /** The number of problems, including those that aren't shown. */
  readonly counts: { readonly errors: number; readonly warnings: number };
  /** The names that `{{…}}` can use. Undefined while the manifest has errors. */
  readonly variables: readonly string[] | undefined;
  /** Undefined while the manifest has errors. The last preview may stay. */
  readonly preview: DrawnPreview | undefined;
}

export type DrawnPreview =
  | { readonly why: string }
  | {
      /** Of the form. Slack's is in its HTML. */
      readonly title: string;
      /** An Adaptive Card. Teams' own renderer draws it in the browser. */
      readonly teams: unknown;
      /** HTML. */
      readonly slack: string;
      readonly notes: readonly string[];
    };

export async function checkText(
  text: string,
  owner: Owner,
  { check, preview }: Pick<EditorDeps, 'check' | 'preview'>,
): Promise<Checked> {
  const checked = await check(text, owner);
  const places = placesIn(text);
  const placed = (problems: readonly Problem[]) => firstOf(problems.map(place(places)));
  const warnings = placed(checked.warnings);
  const counts = { errors: 0, warnings: checked.warnings.length };
  if (!checked.ok)
    return {
      errors: placed(checked.errors),
      warnings,
      counts: { ...counts, errors: checked.errors.length },
      variables: undefined,
      preview: undefined,
    };
  const previewed = await preview(checked.manifest, owner.name);
  return {
    errors: [],
    warnings,
    counts,
    variables: variablesOf(checked.manifest),
    preview: previewed.ok
      ? {
          title: previewed.preview.title,
          teams: previewed.preview.teams,
          slack: drawSlackModal(previewed.preview.slack),
          notes: previewed.preview.notes,
        }
      : { why: previewed.why },
  };
}

function variablesOf({
  form,
  extraUserInfo,
  initialDataForm,
  execute,
}: Manifest): readonly string[] {
  const asked = [...form, ...extraUserInfo, ...initialDataForm].map(({ id }) => id);
  const stored = execute.flatMap(({ storeData = {} }) => Object.keys(storeData));
  return [...new Set([...asked, ...stored, ...RESERVED_NAMES])];
}

const place =
  ({ rangeOf, lineOf }: Places) =>
  (problem: Problem): PlacedProblem => {
    const range = rangeOf(problem.place);
    return { ...problem, place: withoutLine(problem.place), ...range, line: lineOf(range) };
  };

/** The line of a text that isn't JSON stands before the problem already. A manifest's own key never looks like this. */
const withoutLine = (where: string): string => where.replace(/^line \d+, (column \d+)$/, '$1');

/** From top to bottom, as they stand in the text. Of many the first, and a note with the number of the others. */
function firstOf(problems: readonly PlacedProblem[]): readonly PlacedProblem[] {
  const sorted = problems.toSorted((one, other) => one.from - other.from);
  const more = problems.length - MAX_PROBLEMS;
  const last = sorted[MAX_PROBLEMS];
  if (!last) return sorted;
  const message = t`and ${more} more, which appear once these are fixed`;
  return [...sorted.slice(0, MAX_PROBLEMS), { ...last, place: '', message }];
}
