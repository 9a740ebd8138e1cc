/** The context of a run: its pinned manifest, and the answers that it began with. */
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import type { Account } from '../access/account.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Integration, ManifestVersion, Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Run, RunAbout, RunInputs } from '../runs/run.ts';
import { type Context, type Gathered, gatherFor, gone, missing, setUpOf } from './context.ts';

/** What a run reads of its integration and its person. In a transaction it is one statement. */
export interface RunReads {
  readonly integration: Integration | undefined;
  readonly person: Person | undefined;
  /** The one that the run had. */
  readonly version: ManifestVersion | undefined;
  readonly secrets: Readonly<Record<string, string>>;
  readonly account: Account | undefined;
}

export async function readForRun(
  stores: Stores,
  { integrationId, personId, manifestVersionId, accountId }: RunAbout,
): Promise<RunReads> {
  const [integration, person, version, secrets, account] = await together([
    stores.integrations.find(integrationId),
    stores.people.find(personId),
    stores.integrations.findVersion(manifestVersionId),
    stores.secrets.all(integrationId),
    accountId === undefined ? undefined : stores.accounts.find(accountId),
  ]);
  return { integration, person, version, secrets, account };
}

/** @returns the context of a run, with its pinned manifest and its inputs */
export async function gatherRun(stores: Stores, run: Run): Promise<Gathered> {
  const [read, inputs] = await together([readForRun(stores, run), stores.runs.inputs(run.id)]);
  return gatherRead(stores, run, { ...read, inputs });
}

/** The same, of what was read in this transaction. */
export async function gatherRead(
  stores: Stores,
  run: Run,
  found: RunReads & { readonly inputs: RunInputs },
): Promise<Gathered> {
  const { integration, person, secrets, inputs, account } = found;
  if (!integration) return missing(gone());
  if (!person) return missing(t`The person is no longer in the directory.`);
  const { manifestVersionId, kind } = run;
  const version =
    found.version?.id === manifestVersionId
      ? found.version
      : await stores.integrations.findVersion(manifestVersionId); // A retry takes the newest.
  const setUp = setUpOf(integration, version, secrets);
  if (!setUp.ok) return setUp;
  const gathered = await gatherFor(stores, { kind, inputs, account }, { person, setUp });
  // Only a retry can have another manifest than the one that the run started with.
  const why = gathered.ok && run.attempt > 1 ? whyIncomplete(gathered.context, inputs) : undefined;
  return why === undefined ? gathered : missing(why, 'answers-missing');
}

/** Labels, in quotation marks, of required questions without an answer. There are some when the form has changed since. */
export const unansweredOf = ({ form: asked }: Manifest, form: RunInputs['form']): string[] =>
  asked
    .filter(({ id, required }) => required && !Object.hasOwn(form, id))
    .map(({ name }) => `"${name}"`);

/** Why a newer manifest can't use the answers of the run. An empty value in place of a missing one could grant anything. */
function whyIncomplete(
  { integration: { name }, manifest }: Context,
  { form, generated }: RunInputs,
): string | undefined {
  const unasked = unansweredOf(manifest, form);
  if (unasked.length > 0)
    return t`The form of ${name} has changed: it now asks for ${unasked.join(', ')}, and this run has no answer.`;
  return manifest.initialDataForm.every(
    (item) => !item.generate || Object.hasOwn(generated, item.id),
  )
    ? undefined
    : t`The manifest of ${name} has changed: it now generates a value that this run doesn't have.`;
}
