/** `latchkey apply DIR [--dry-run]`: makes Latchkey as the files say, after a plan that reads like a diff. */
import { impactWords } from '../../bots/features/rules/rule-words.ts';
import { compact } from '../../core/compact.ts';
import {
  type Applied,
  applyPlan,
  manageUnchanged,
  prune,
  release,
} from '../../engine/configuration/apply.ts';
import { BY_FILES } from '../../engine/configuration/changed-since.ts';
import type { StoredThing } from '../../engine/configuration/document.ts';
import {
  type Change,
  movedFrom,
  type Plan,
  rulesGranting,
  type Unchanged,
} from '../../engine/configuration/plan.ts';
import { type ReadPlan, readPlan } from '../../engine/configuration/read-plan.ts';
import { impactOfPruned, type Question } from '../../engine/configuration/safeguards.ts';
import type { Actor } from '../../engine/people/directory.ts';
import type { Impact } from '../../engine/rules/impact.ts';
import { damagedInFiles, damagedSteps, damagedWords } from '../../store/json-columns.ts';
import { CommandError } from '../command-error.ts';
import { counted } from '../counted.ts';
import { userName } from '../operator.ts';
import { inSession, type Session } from '../session.ts';
import { questionsInTerminal } from '../setup/questions.ts';
import { readFolder } from './folder.ts';
import { fileLine, inLine, nameOf } from './lines.ts';
import { printChanges } from './print-changes.ts';
import { refuseDamaged } from './refuse-damaged.ts';

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
  session: Pick<Session, 'db' | 'stores' | 'transact' | 'now' | 'output'> & {
    readonly config: { readonly timeZone: string };
  },
): Promise<number> {
  if (options.prune && options.release)
    throw new CommandError('use --prune or --release, not both');
  const { db, stores, output, config } = session;
  refuseDamaged(
    'nothing was applied, since it would add steps of sequences once more that',
    await damagedSteps(db),
  );
  for (const { what, next } of (await damagedInFiles(db)).map(damagedWords))
    output.note(`Warning: ${what}. The plan shows what counts in its place. ${next}`);
  const files = await readFolder(folder);
  const at = { now: session.now(), timeZone: config.timeZone };
  const read = await readPlan(stores, files, at);
  if (!read.ok) throw new CommandError('nothing was applied', read.problems.map(fileLine));
  const { plan } = read;
  // A rule that goes with its bundle goes first.
  const leaving = plan.others
    .flatMap(({ stored, managed }) => (managed ? stored : []))
    .toSorted((a, b) => Number(a.kind === 'bundle') - Number(b.kind === 'bundle'));
  const pruned = options.prune ? leaving.filter((stored) => isPruned(stored, plan)) : [];
  const released = leaving.filter(
    ({ kind }) => options.release || (options.prune && kind === 'settings'),
  );
  const losses = await Promise.all(pruned.map((stored) => impactOfPruned(stores, stored, at)));
  const moved = plan.unchanged.filter(movedFrom);
  const fresh = plan.unchanged.filter(isFresh);
  const freshCount = fresh.length + plan.changes.filter(isFresh).length;
  printPlan(read, output);
  for (const each of moved) printMoved(each, output);
  for (const [index, stored] of pruned.entries()) printPruned(stored, losses[index], output);
  for (const stored of released) printReleased(stored, output);
  const isNothing =
    plan.changes.length + moved.length + fresh.length + pruned.length + released.length === 0;
  output.line(isNothing ? 'Nothing to change.' : countsOf(plan, { moved, pruned }));
  noteOthers(plan, [...pruned, ...released], output);
  if (options.dryRun) {
    if (freshCount > 0) output.line(freshLine(freshCount, 'not managed by files yet'));
    return isNothing ? 0 : CHANGES;
  }
  await confirmed(read, pruned, options);
  const actor: Actor = { kind: 'operator', user: `${userName()}${BY_FILES}` };
  for await (const applied of applyPlan(session, plan, { actor })) printApplied(applied, output);
  for (const stored of pruned)
    printApplied(await prune(session, stored, { plan, actor }), output, 'Pruned');
  for (const stored of released) await release(session, stored);
  await manageUnchanged(session, [...moved, ...fresh]);
  for (const { thing } of moved) output.line(`Moved ${nameOf(thing)} to ${inLine(thing.file)}.`);
  if (freshCount > 0) output.line(freshLine(freshCount, 'managed by files now'));
  return 0;
}

/** It was there before the files, and no file managed it. */
const isFresh = ({ stored, managedBy }: Change): boolean =>
  stored !== undefined && managedBy === undefined;

const freshLine = (count: number, how: string): string =>
  `${counted(count, 'thing')} that these files name ${count === 1 ? 'is' : 'are'} ${how}.`;

function printPlan(
  { plan, questions, changedSince }: Extract<ReadPlan, { readonly ok: true }>,
  output: Session['output'],
): void {
  for (const change of plan.changes) {
    const { thing, stored, fields } = change;
    output.line(
      `${stored ? '~' : '+'} ${inLine(thing.file)}: ${nameOf(thing)}${stored ? '' : ' is new'}`,
    );
    const since = changedSince.get(thing.file);
    if (since !== undefined)
      output.line(`  It was changed on ${since}, after these files were applied.`);
    printFile(change, output);
    if (stored?.isUnread) output.line('    what is stored is damaged, and is set again');
    printChanges(fields, output, '    ');
    const question = questions.find((each) => each.change === change);
    for (const line of question ? questionLines(question) : []) output.line(`  ! ${line}`);
  }
}

function printMoved(unchanged: Unchanged, output: Session['output']): void {
  const { thing } = unchanged;
  output.line(`~ ${inLine(thing.file)}: ${nameOf(thing)}`);
  printFile(unchanged, output);
}

/** Where the file has moved. */
function printFile(change: Change, output: Session['output']): void {
  const [before, after] = [movedFrom(change), change.thing.file];
  if (before !== undefined)
    printChanges([{ place: 'file', kind: 'changed', before, after }], output, '    ');
}

/** Settings have nothing to turn off, and a bundle stays while a rule grants it. */
const isPruned = (stored: StoredThing, plan: Plan): boolean =>
  stored.kind === 'bundle' ? rulesGranting(plan, stored).length === 0 : stored.kind !== 'settings';

function printPruned(
  stored: StoredThing,
  loss: Impact | undefined,
  output: Session['output'],
): void {
  const what = stored.kind === 'bundle' ? 'is deleted' : 'is turned off';
  output.line(`- ${nameOf(stored)} ${what}: no file names it any more`);
  if (stored.kind === 'integration')
    output.line('  ! Its unfinished grants stop, and what they had done is removed.');
  for (const line of loss ? impactLines(loss, stored) : []) output.line(`  ! ${line}`);
}

function printReleased(stored: StoredThing, output: Session['output']): void {
  const are = stored.kind === 'settings' ? 'are' : 'is';
  output.line(
    `~ ${nameOf(stored)} ${are} managed in chat again: no file names ${are === 'is' ? 'it' : 'them'} any more`,
  );
}

function countsOf(
  { changes, unchanged }: Plan,
  {
    moved,
    pruned,
  }: { readonly moved: readonly Unchanged[]; readonly pruned: readonly StoredThing[] },
): string {
  const made = changes.filter(({ stored }) => !stored).length;
  const toMove = moved.length === 0 ? '' : `, ${moved.length} to move`;
  const toPrune = pruned.length === 0 ? '' : `, ${pruned.length} to prune`;
  return `${made} to create, ${changes.length - made} to change${toMove}${toPrune}, ${unchanged.length - moved.length} unchanged.`;
}

/** @param printed things that have a line already */
function noteOthers(plan: Plan, printed: readonly StoredThing[], output: Session['output']): void {
  const others = plan.others.filter(({ stored }) => !printed.includes(stored));
  for (const { stored, managed } of others.slice(0, LISTED))
    output.note(
      managed
        ? `${nameOf(stored)} ${stored.kind === 'settings' ? 'were' : 'was'} managed by ${managed.file}, which is gone. ${whyItStays(stored, plan)}`
        : `${nameOf(stored)} is in no file. It stays as it is.`,
    );
  if (others.length > LISTED) output.note(`And ${others.length - LISTED} more are in no file.`);
}

function whyItStays(stored: StoredThing, plan: Plan): string {
  if (stored.kind === 'settings') return 'They stay as they are; --release leaves them to chat.';
  const rules = stored.kind === 'bundle' ? rulesGranting(plan, stored) : [];
  if (rules.length > 0)
    return `It stays while ${rules.join(', ')} grants it: delete that rule in chat, or take the bundle out of it.`;
  const pruned = stored.kind === 'bundle' ? 'deletes it' : 'turns it off';
  return `It stays as it is; --prune ${pruned}, --release leaves it to chat.`;
}

const questionLines = ({ change, why, impact }: Question): readonly string[] => [
  ...why,
  ...(impact ? impactLines(impact, change.thing) : []),
];

function impactLines(
  impact: Impact,
  { document }: Pick<StoredThing, 'document'>,
): readonly string[] {
  const { overlapDays } = document;
  const days = typeof overlapDays === 'number' ? overlapDays : undefined;
  return compact([impactWords(impact, days), impact.isLarge && 'This is a large change.']);
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

function printApplied(applied: Applied, output: Session['output'], done = 'Applied'): void {
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
