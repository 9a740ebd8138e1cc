/** `latchkey check FILE… [--json]`: lists errors and warnings in manifests, without a server or a database. */
import { checkManifest } from '../engine/manifest/lint.ts';
import { type Problem, problemText } from '../engine/manifest/problem.ts';
import { readManifestFile, whyUnreadable } from './beginning-of.ts';
import { counted } from './counted.ts';
import type { Output } from './output.ts';

interface Checked {
  readonly file: string;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** @returns the exit code: 0 without errors, 1 with errors */
export async function checkCommand(
  files: readonly string[],
  { json = false }: { readonly json?: boolean },
  output: Output,
): Promise<number> {
  const checked: Checked[] = [];
  for (const file of files) checked.push(await check(file));
  if (json) output.json(report(checked));
  else print(checked, output);
  return checked.some(({ errors }) => errors.length > 0) ? 1 : 0;
}

async function check(file: string): Promise<Checked> {
  let text: string;
  try {
    text = await readManifestFile(file);
  } catch (error) {
    return { file, errors: [unreadable(error)], warnings: [] };
  }
  const parsed = checkManifest(text);
  return { file, errors: parsed.ok ? [] : parsed.errors, warnings: parsed.warnings };
}

/** The problem of a file that can't be read. */
export const unreadable = (error: unknown): Problem => ({
  place: '',
  message: whyUnreadable(error),
});

function print(checked: readonly Checked[], output: Output): void {
  for (const { file, errors, warnings } of checked) {
    for (const problem of errors) output.line(`error    ${file}:${asText(problem)}`);
    for (const problem of warnings) output.line(`warning  ${file}:${asText(problem)}`);
    if (errors.length === 0 && warnings.length === 0) output.line(`ok       ${file}`);
  }
  const files = counted(checked.length, 'file');
  const errors = counted(total(checked, 'errors'), 'error');
  output.line(`${files}, ${errors}, ${counted(total(checked, 'warnings'), 'warning')}`);
}

const asText = (problem: Problem): string =>
  problem.place === '' ? ` ${problem.message}` : problemText(problem);

const total = (checked: readonly Checked[], which: 'errors' | 'warnings'): number =>
  checked.reduce((sum, each) => sum + each[which].length, 0);

const report = (checked: readonly Checked[]) => ({
  ok: checked.every(({ errors }) => errors.length === 0),
  errors: all(checked, 'errors'),
  warnings: all(checked, 'warnings'),
  files: checked.map(({ file, errors, warnings }) => ({
    file,
    ok: errors.length === 0,
    errors: errors.map(plain),
    warnings: warnings.map(plain),
  })),
});

const all = (checked: readonly Checked[], which: 'errors' | 'warnings') =>
  checked.flatMap((each) => each[which].map((problem) => ({ file: each.file, ...plain(problem) })));

const plain = ({ place, message }: Problem) => ({ place, message });
