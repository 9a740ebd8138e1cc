/**
 * The form's answers that the present access was granted with. Keeping or extending the access keeps these answers, whatever
 * the form says now.
 */
import { answersByName } from '../integrations/form.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Integration } from '../people/directory.ts';
import { unlessUnreadable } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { chosenForApproval, hasMarkedOptions } from '../requests/needs-approval.ts';
import { readableContent } from '../requests/readable-content.ts';
import type { Answer, RunInputs } from '../runs/run.ts';
import type { Hold } from './hold.ts';
import { holdToExtend, isEndMoving } from './holds.ts';

export interface HeldAnswers {
  /** Of the last hold whose answers are known. */
  readonly form: RunInputs['form'];
  /** The same as people read it, with facts about the person; left out where it wasn't stored. */
  readonly formAnswers?: readonly Answer[] | undefined;
  /** Of all holds and accounts, by name, each once. */
  readonly answers: readonly Answer[];
  /** The labels of the options among them that need approval. */
  readonly options: readonly string[];
  /** The answers of every hold and account are known. */
  readonly isComplete: boolean;
  /** The answers of a hold or account are lost, and the form has options that need approval. */
  readonly isUnknown: boolean;
}

/** Whether keeping or extending it needs approval. */
export const needsApprovalToKeep = ({ options, isUnknown }: HeldAnswers): boolean =>
  options.length > 0 || isUnknown;

type Reading = Pick<Stores, 'accounts' | 'integrations' | 'requests' | 'runs'>;

/**
 * @param holds the open ones, or those that were open until its removal began. Accounts that aren't proven gone count, too:
 * what an ended hold granted may still be there.
 */
export async function heldAnswers(
  stores: Reading,
  { personId, integration }: { readonly personId: string; readonly integration: Integration },
  holds: readonly Hold[],
): Promise<HeldAnswers> {
  const manifest = await manifestOf(stores, integration);
  if (!manifest) return { form: {}, answers: [], options: [], isComplete: true, isUnknown: false };
  const ofHolds = await Promise.all(holds.map((hold) => inputsBehind(stores, hold)));
  const written = (await stores.accounts.openAt(personId, integration.id)).filter(
    ({ runId }) => runId !== undefined,
  );
  const ofAccounts = await Promise.all(written.map(({ runId }) => inputsOf(stores, runId)));
  const known = [...ofAccounts, ...ofHolds].flatMap((each) => each ?? []);
  const answers = known.flatMap((each) => each.answers ?? answersByName(manifest.form, each.form));
  const options = known.flatMap(({ form }) => chosenForApproval(manifest.form, form));
  // A `kept` hold has no run of its own, but the accounts name their runs.
  const isKnown = (hold: Hold, at: number): boolean =>
    ofHolds[at] !== undefined || (hold.source === 'kept' && ofAccounts.length > 0);
  const isComplete =
    known.length > 0 && holds.every(isKnown) && ofAccounts.every((each) => each !== undefined);
  return {
    form: known.at(-1)?.form ?? {},
    formAnswers: known.at(-1)?.answers,
    answers: distinct(answers),
    options: [...new Set(options)],
    isComplete,
    isUnknown: !isComplete && hasMarkedOptions(manifest.form),
  };
}

/**
 * The answers that an extension keeps, and the end that it moves; undefined where there is nothing to extend. The end is left out while
 * the grant waits.
 */
export async function heldToExtend(
  stores: Stores,
  personId: string,
  integration: Integration,
): Promise<(HeldAnswers & Pick<Hold, 'endsAt'>) | undefined> {
  const hold = await holdToExtend(stores, personId, integration.id);
  if (!hold) return undefined;
  const open = await stores.holds.openAt(personId, integration.id);
  // This hold comes last, so `form` has its answers: they are granted again if it ends before the approval.
  const holds = [...open.filter(({ id }) => id !== hold.id), hold];
  const answers = await heldAnswers(stores, { personId, integration }, holds);
  const isMoving = await isEndMoving(stores, hold);
  return { ...answers, ...(hold.endsAt && !isMoving && { endsAt: hold.endsAt }) };
}

/** Undefined where they are no longer stored, or can't be read. */
async function inputsBehind(
  stores: Reading,
  { runId, requestId }: Hold,
): Promise<Pick<RunInputs, 'form' | 'answers'> | undefined> {
  const inputs = await inputsOf(stores, runId);
  if (inputs) return inputs;
  const request = requestId === undefined ? undefined : await stores.requests.find(requestId);
  return request && readableContent(stores, request.id);
}

async function inputsOf(
  { runs }: Reading,
  runId: string | undefined,
): Promise<RunInputs | undefined> {
  const run = runId === undefined ? undefined : await runs.find(runId);
  return run && unlessUnreadable(runs.inputs(run.id), undefined);
}

const distinct = (answers: readonly Answer[]): readonly Answer[] => [
  ...new Map(answers.map((each) => [JSON.stringify([each.label, each.value]), each])).values(),
];
