/** `latchkey apply DIR [--dry-run]`: makes Latchkey as the files say, after a plan that reads like a diff. */
import { impactWords } from '../../bots/features/rules/rule-words.ts';
import {
  type Applied,
  applyPlan,
  manageUnchanged,
  prune,
  release,
} from '../../engine/configuration/apply.ts';
import { BY_FILES } from '../../engine/configuration/changed-since.ts';
import type { StoredThing } from '../../engine/configuration/document.ts';
import type { Plan } from '../../engine/configuration/plan.ts';
import { type ReadPlan, readPlan } from '../../engine/configuration/read-plan.ts';
import type { Question } from '../../engine/configuration/safeguards.ts';
import type { Actor } from '../../engine/people/directory.ts';
import { CommandError } from '../command-error.ts';
import { counted } from '../counted.ts';
import { userName } from '../operator.ts';
import { inSession, type Session } from '../session.ts';
import { questionsInTerminal } from '../setup/questions.ts';
import { readFolder } from './folder.ts';
import { fileLine, nameOf } from './lines.ts';
import { printChanges } from './print-changes.ts';

export interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly prune?: boolean;
  readonly release?: boolean;
}

/** Of a dry run that found something, as `terraform plan -detailed-exitcode` has it. */
const CHANGES = 2;
/** Of what no file names. */
const LISTED = 20;

type Confirm = (message: string) => Promise<boolean>;

/** @returns the exit code: 0, or 2 for a dry run that found changes */
export const applyCommand = (folder: string, options: ApplyOptions): Promise<number> =>
  inSession((session) => {
    const ask: Confirm = (message) => questionsInTerminal.confirm(message);
    const confirm = process.stdin.isTTY ? ask : undefined;
    return applyFolder(folder, { ...options, confirm }, session);
  });

/** @param options.confirm undefined: nobody is there to ask @throws {CommandError} */
export async function applyFolder(
  folder: string,
  options: ApplyOptions & { readonly confirm: Confirm | undefined },
  session: Pick<Session, 'stores' | 'transact' | 'now' | 'output'> & {
    readonly config: { readonly timeZone: string };
  },
): Promise<number> {
  if (options.prune && options.release)
    throw new CommandError('use --prune or --release, not both');
  const { stores, output, config } = session;
  const files = await readFolder(folder);
  const at = { now: session.now(), timeZone: config.timeZone };
  const read = await readPlan(stores, files, at);
  if (!read.ok)
    throw new CommandError(['nothing was applied', ...read.problems.map(fileLine)].join('\n  '));
  const { plan } = read;
  // A rule that goes with its bundle goes first.
  const leaving = plan.others
    .flatMap(({ stored, managed }) => (managed ? stored : []))
    .toSorted((a, b) => Number(a.kind === 'bundle') - Number(b.kind === 'bundle'));
  const pruned = options.prune ? leaving : [];
  printPlan(read, { ...options, leaving }, session);
  const isNothing = plan.changes.length + pruned.length === 0;
  if (options.dryRun) return isNothing ? 0 : CHANGES;
  if (!isNothing) await confirmed(read, pruned, options);
  const actor: Actor = { kind: 'operator', user: `${userName()}${BY_FILES}` };
  for await (const applied of applyPlan(session, plan, { actor })) tell(applied, output);
  for (const stored of pruned) tell(await prune(session, stored, { actor }), output, 'Pruned');
  if (options.release) for (const stored of leaving) await release(session, stored);
  const fresh = await manageUnchanged(session, plan);
  if (fresh > 0)
    output.line(
      `${counted(fresh, 'thing')} that these files name ${fresh === 1 ? 'is' : 'are'} managed by files now.`,
    );
  return 0;
}

function printPlan(
  { plan, questions, changedSince }: Extract<ReadPlan, { readonly ok: true }>,
  { leaving, ...options }: ApplyOptions & { readonly leaving: readonly StoredThing[] },
  { output }: Pick<Session, 'output'>,
): void {
  for (const change of plan.changes) {
    const { thing, stored, fields } = change;
    output.line(`${stored ? '~' : '+'} ${thing.file}: ${nameOf(thing)}${stored ? '' : ' is new'}`);
    const since = changedSince.get(thing.file);
    if (since !== undefined)
      output.line(`  It was changed on ${since}, after these files were applied.`);
    printChanges(fields, output, '    ');
    const question = questions.find((each) => each.change === change);
    for (const line of question ? questionLines(question) : []) output.line(`  ! ${line}`);
  }
  for (const stored of options.prune ? leaving : [])
    output.line(
      `- ${nameOf(stored)} ${stored.kind === 'bundle' ? 'is deleted' : 'is turned off'}: no file names it any more`,
    );
  const isNothing = plan.changes.length === 0 && !(options.prune && leaving.length > 0);
  output.line(isNothing ? 'Nothing to change.' : countsOf(plan));
  if (!options.prune) noteOthers(plan, options, output);
}

function countsOf({ changes, unchanged }: Plan): string {
  const made = changes.filter(({ stored }) => !stored).length;
  return `${made} to create, ${changes.length - made} to change, ${unchanged.length} unchanged.`;
}

function noteOthers(
  { others }: Plan,
  { release: isReleased }: ApplyOptions,
  output: Session['output'],
): void {
  for (const { stored, managed } of others.slice(0, LISTED))
    output.note(
      managed && !isReleased
        ? `${nameOf(stored)} was managed by ${managed.file}, which is gone. It stays as it is; --prune turns it off, --release leaves it to chat.`
        : `${nameOf(stored)} is in no file. It stays as it is.`,
    );
  if (others.length > LISTED) output.note(`And ${others.length - LISTED} more are in no file.`);
}

function questionLines({ change, why, impact }: Question): readonly string[] {
  const overlap = change.thing.document['overlapDays'];
  const days = typeof overlap === 'number' ? overlap : undefined;
  return [
    ...why,
    ...(impact ? [impactWords(impact, days)] : []),
    ...(impact?.isLarge ? ['This is a large change.'] : []),
  ];
}

/** @throws {CommandError} when it isn't OK, or nobody is there to say so */
async function confirmed(
  { questions }: Extract<ReadPlan, { readonly ok: true }>,
  pruned: readonly StoredThing[],
  { yes = false, confirm }: ApplyOptions & { readonly confirm: Confirm | undefined },
): Promise<void> {
  const asking = questions.filter(({ asks }) => asks).length + pruned.length;
  if (yes || asking === 0) return;
  if (!confirm)
    throw new CommandError(
      `nothing was applied: ${counted(asking, 'change needs', 'changes need')} your OK, marked with ! or - above; add --yes`,
    );
  if (!(await confirm('Apply all of this?'))) throw new CommandError('nothing was applied');
}

function tell(applied: Applied, output: Session['output'], done = 'Applied'): void {
  if (!applied.ok)
    throw new CommandError(
      [
        'stopped here; what was applied before stays, and the next apply goes on',
        ...applied.problems.map(fileLine),
      ].join('\n  '),
    );
  output.line(`${done} ${nameOf(applied.thing)}.`);
  for (const note of applied.notes) output.note(note);
}
