/** `latchkey people import FILE`: the import from chat, done at once. */
import { isUtf8 } from 'node:buffer';
import { importAtOnce } from '../../engine/imports/advance-import.ts';
import type { ImportCounts, PlanCounts } from '../../engine/imports/file-import.ts';
import { MAX_BYTES, parsePeopleCsv } from '../../engine/imports/people-csv.ts';
import { type ImportPlan, planImport, problemWords } from '../../engine/imports/plan-import.ts';
import { firstBytesOf, whyUnreadable } from '../beginning-of.ts';
import { CommandError } from '../command-error.ts';
import type { Output } from '../output.ts';
import { inSession } from '../session.ts';

export interface ImportOptions {
  /** Only prints what it would do. */
  readonly dryRun?: boolean;
  /** Existing people get the file's values. */
  readonly update?: boolean;
}

/** `latchkey people import FILE [--dry-run] [--update]` */
export const importPeopleCommand = (file: string, options: ImportOptions): Promise<void> =>
  inSession(async ({ stores, transact, now, pause, actor, output }) => {
    const parsed = await parsePeopleCsv(await textOf(file));
    if (!parsed.ok) throw new CommandError(`${file} was not imported\n  ${parsed.why}`);
    const plan = await planImport(stores, parsed);
    sayProblems(plan, output);
    if (options.dryRun) return sayPlan(plan.counts, options.update === true, output);
    const deps = { stores, transact, now, pause, actor };
    sayResult(
      await importAtOnce({ fileName: file, update: options.update === true, ...plan }, deps),
      output,
    );
  });

/** @throws {CommandError} */
async function textOf(file: string): Promise<string> {
  const bytes = await firstBytesOf(file, MAX_BYTES + 1).catch((error: unknown) => {
    throw new CommandError(`${file}: ${whyUnreadable(error)}`);
  });
  if (bytes.byteLength > MAX_BYTES)
    throw new CommandError(
      `${file} is larger than ${MAX_BYTES / 1024 / 1024} MiB; split it into several files`,
    );
  if (!isUtf8(bytes)) throw new CommandError(`${file} is not UTF-8 text; save it as "CSV UTF-8"`);
  return new TextDecoder().decode(bytes);
}

function sayProblems(
  { preview: { problems, otherColumns }, counts }: ImportPlan,
  output: Output,
): void {
  for (const problem of problems) output.note(problemWords(problem));
  const all = Object.values(counts.byReason).reduce((sum, count) => sum + (count ?? 0), 0);
  if (all > problems.length) output.note(`… and ${all - problems.length} more like these.`);
  if (otherColumns.length > 0) output.note(`Columns not used: ${otherColumns.join(', ')}.`);
}

function sayPlan(plan: PlanCounts, update: boolean, output: Output): void {
  const admins = plan.admins > 0 ? `, ${plan.admins} of them as admins` : '';
  const managers =
    plan.managersOfAdmins > 0 ? ` It names managers of admins: ${plan.managersOfAdmins}.` : '';
  const promoted = update && plan.promoted > 0 ? `, ${plan.promoted} of them to admins` : '';
  output.line(
    `Would add ${plan.fresh}${admins}, bring back ${plan.returning}, ${update ? 'update' : 'leave as they are'} ${plan.existing}${promoted}, leave out ${plan.invalid}.${managers}`,
  );
}

function sayResult(counts: ImportCounts, output: Output): void {
  for (const refusal of counts.refusals) output.note(refusal);
  const more = counts.refused - counts.refusals.length;
  if (more > 0) output.note(`… and ${more} more like these.`);
  const { created, returned, updated, untouched, leftOut } = counts;
  output.line(
    `Added ${created}, brought back ${returned}, updated ${updated}, left as they were ${untouched}, left out ${leftOut}.`,
  );
}
