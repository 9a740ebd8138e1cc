/** Gathers what rendering needs for one person at one integration: manifest, secrets, people, variables. */
import type { Json } from '../../core/json.ts';
import { plural, t } from '../../core/translate.ts';
import { describeAccess } from '../access/access-overview.ts';
import type { Account } from '../access/account.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Integration, Person } from '../people/directory.ts';
import type { OAuthToken } from '../ports/integration-stores.ts';
import type { OutgoingText } from '../ports/sending.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Run, RunInputs } from '../runs/run.ts';
import { redactor, tokenSecrets } from '../templates/redact.ts';
import { buildVariables, type VariableSources, type Variables } from '../templates/variables.ts';

export interface Context {
  readonly integration: Integration;
  readonly manifest: Manifest;
  readonly person: Person;
  /** The answers that it was started with, by id. */
  readonly form: RunInputs['form'];
  /** The saved token, where the manifest has `oauth`. */
  readonly token?: OAuthToken;
  /** The variables as they are after earlier steps: their responses, and what they stored with the person. */
  readonly variables: (
    responses: readonly Json[],
    stored?: Readonly<Record<string, Json>>,
  ) => Variables;
  /** Replaces every secret of this integration, in every encoding, by `•••NAME•••`, and cuts what is too long for display. */
  readonly redact: (text: string) => string;
  /** Whether a secret of this integration stands in any of the text, in any encoding. */
  readonly hasSecret: (text: string) => boolean;
  /** The same with a newer token; the older one stays redacted. `redirectUrl` is what `{{redirect_url}}` stands for. */
  readonly withToken: (token: OAuthToken, redirectUrl: string) => Context;
}

export type Gathered =
  | { readonly ok: true; readonly context: Context }
  /** A sentence for people: what is missing and the cure. */
  | Missing;

interface Missing {
  readonly ok: false;
  /** What a run that can't go on has for its error. */
  readonly code: 'integration-gone' | 'no-token' | 'answers-missing';
  readonly why: string;
}

interface ContextFor {
  readonly personId: string;
  readonly integrationId: string;
  /** The pinned version of a run; the newest where it is left out. */
  readonly manifestVersionId?: string;
  readonly inputs?: RunInputs;
  /** The account that it is about: its facts stand in place of those that the directory has now. */
  readonly account?: Pick<Account, 'facts'>;
  /** Only for an `execute` was everything asked that the form asks. */
  readonly kind?: Run['kind'];
}

/** An integration as far as it is the same for everybody. */
export interface SetUp {
  readonly ok: true;
  readonly integration: Integration;
  readonly manifest: Manifest;
  readonly manifestText: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Those of them that are to be hidden. */
  readonly hidden: Readonly<Record<string, string>>;
}

const noInputs: RunInputs = { form: {}, generated: {} };

export async function gather(stores: Stores, wanted: ContextFor): Promise<Gathered> {
  const integration = await stores.integrations.find(wanted.integrationId);
  // A run that has yet to end goes on, also where its integration was deleted meanwhile.
  if (!integration || (integration.deletedAt && !wanted.manifestVersionId)) return missing(gone());
  const person = await stores.people.find(wanted.personId);
  if (!person) return missing(t`The person is no longer in the directory.`);
  const setUp = await gatherIntegration(stores, integration, wanted.manifestVersionId);
  if (!setUp.ok) return setUp;
  const { manifest } = setUp;
  const { inputs = noInputs } = wanted;
  const token = manifest.oauth && (await stores.oauth.find(integration.id));
  if (manifest.oauth && !token) return missing(notConnected(integration), 'no-token');

  const [manager, buddy] = await Promise.all([
    person.managerId ? stores.people.find(person.managerId) : undefined,
    person.buddyId ? stores.people.find(person.buddyId) : undefined,
  ]);
  // It reads every integration, so only where the manifest asks for it.
  const accessOverview = setUp.manifestText.includes('access_overview')
    ? await describeAccess(stores, person)
    : '';
  const known = {
    setUp,
    person,
    manager,
    buddy,
    accessOverview,
    inputs: wanted.kind === 'execute' ? withEmptyAnswers(manifest, inputs) : inputs,
    ...(wanted.account && { account: wanted.account }),
  };
  return { ok: true, context: contextOf(known, token ? [token] : []) };
}

/** An optional field that was left empty has been answered, with nothing: no warning, and no stored value in its place. */
function withEmptyAnswers({ form: asked }: Manifest, { form, ...others }: RunInputs): RunInputs {
  const empty = asked
    .filter(({ required }) => !required)
    .map(({ id, type }) => [id, type === 'multiple_choice' ? [] : ''] as const);
  return { ...others, form: { ...Object.fromEntries(empty), ...form } };
}

/**
 * The context of a sync, which is about nobody: no variable of a person has a value.
 * @param manifestVersionId the newest where it is left out
 */
export async function gatherSync(
  stores: Stores,
  integrationId: string,
  manifestVersionId?: string,
): Promise<Gathered> {
  return gatherForNobody(stores, integrationId, noInputs, manifestVersionId);
}

/** The context of a text: its number and what it says are all that its templates can name, beside secrets. */
export const gatherText = (
  stores: Stores,
  integrationId: string,
  { to, message }: Pick<OutgoingText, 'to' | 'message'>,
): Promise<Gathered> =>
  gatherForNobody(stores, integrationId, { form: { to, message }, generated: {} });

async function gatherForNobody(
  stores: Stores,
  integrationId: string,
  inputs: RunInputs,
  manifestVersionId?: string,
): Promise<Gathered> {
  const integration = await stores.integrations.find(integrationId);
  if (!integration || integration.deletedAt) return missing(gone());
  if (!integration.enabled)
    return missing(t`${integration.name} is turned off. An admin can turn it on again.`);
  const setUp = await gatherIntegration(stores, integration, manifestVersionId);
  if (!setUp.ok) return setUp;
  const token = setUp.manifest.oauth && (await stores.oauth.find(integration.id));
  if (setUp.manifest.oauth && !token) return missing(notConnected(integration), 'no-token');
  const known = { setUp, person: NOBODY, manager: undefined, buddy: undefined, inputs };
  return { ok: true, context: contextOf(known, token ? [token] : []) };
}

const notConnected = ({ name }: Integration): string =>
  t`${name} is not connected yet. An admin has to connect it.`;

/** Whom a sync or a text is about. */
const NOBODY: Person = {
  id: '',
  version: 0,
  email: '',
  firstName: '',
  lastName: '',
  role: 'other',
  active: false,
  stored: {},
};

interface ContextFacts {
  readonly setUp: SetUp;
  readonly person: Person;
  readonly manager: Person | undefined;
  readonly buddy: Person | undefined;
  readonly accessOverview?: string;
  readonly inputs: RunInputs;
  readonly account?: Pick<Account, 'facts'>;
}

/** @param tokens the newest last; all of them are hidden. */
function contextOf(
  known: ContextFacts,
  tokens: readonly OAuthToken[],
  redirectUrl?: string,
): Context {
  const { setUp, person, inputs, account, ...others } = known;
  const { integration, manifest, manifestText, secrets, hidden } = setUp;
  const { form, generated } = inputs;
  const token = tokens.at(-1);
  const tokenValues = tokens.flatMap((each) =>
    Object.entries(
      tokenSecrets(each.answer, each === token ? 'oauth' : `oauth-${each.generation}`),
    ),
  );
  const hiddenValues = { ...Object.fromEntries(tokenValues), ...hidden, ...generated };
  const redact = redactor(hiddenValues, { person, manifestText });
  return {
    integration,
    manifest,
    person,
    form,
    ...(token && { token }),
    redact,
    hasSecret: redact.finds,
    withToken: (next, url) =>
      contextOf(
        known,
        [...tokens.filter(({ generation }) => generation !== next.generation), next],
        url,
      ),
    variables: (responses, stored = {}) =>
      withFacts(account, manifest, {
        ...others,
        ...(person !== NOBODY && {
          person: { ...person, stored: { ...person.stored, ...stored } },
        }),
        form,
        secrets,
        generated,
        responses,
        oauth: token?.answer,
        redirectUrl,
      }),
  };
}

/** The facts that name an account win over those of the directory: it was made with them. */
function withFacts(
  account: ContextFacts['account'],
  { form, initialDataForm }: Manifest,
  sources: VariableSources,
): Variables {
  const variables = buildVariables(sources);
  if (!account) return variables;
  // What the manifest asks or an admin sets by now is no fact of the person any more.
  const set = [...form, ...initialDataForm].map(({ id }) => id);
  const facts = Object.entries(account.facts).filter(([name]) => !set.includes(name));
  return Object.assign(variables, Object.fromEntries(facts));
}

/** @param versionId the manifest's version; the newest where it is left out. */
export async function gatherIntegration(
  stores: Stores,
  integration: Integration,
  versionId = integration.manifestVersionId,
): Promise<SetUp | Missing> {
  if (versionId === undefined)
    return missing(t`${integration.name} has no manifest: it is done by hand.`);
  const version = await stores.integrations.findVersion(versionId);
  const manifest = manifestIn(version);
  if (!manifest)
    return missing(
      t`The manifest of ${integration.name} can't be read. An admin has to save it again.`,
    );
  const secrets = await stores.secrets.all(integration.id);
  const unset = manifest.initialDataForm.filter(
    ({ id, generate }) => !generate && !Object.hasOwn(secrets, id),
  );
  if (unset.length > 0 && integration.deletedAt) return missing(gone());
  if (unset.length > 0) return missing(notSetUp(integration.name, unset));
  const open = manifest.initialDataForm.filter(({ secret }) => !secret).map(({ id }) => id);
  return {
    ok: true,
    integration,
    manifest,
    manifestText: version?.manifest ?? '',
    secrets,
    hidden: without(secrets, open),
  };
}

const notSetUp = (name: string, unset: readonly { readonly id: string }[]): string => {
  const ids = unset.map(({ id }) => id).join(', ');
  return plural(unset.length, {
    one: t`${name} is not set up yet: ${ids} is missing. An admin has to enter it.`,
    other: t`${name} is not set up yet: ${ids} are missing. An admin has to enter them.`,
  });
};

export const gone = () => t`The integration was deleted meanwhile.`;

/** @returns the context of a run: its pinned manifest and what it was started with. */
export async function gatherRun(stores: Stores, run: Run): Promise<Gathered> {
  const inputs = await stores.runs.inputs(run.id);
  const account =
    run.accountId === undefined ? undefined : await stores.accounts.find(run.accountId);
  const gathered = await gather(stores, { ...run, inputs, ...(account && { account }) });
  // Only a retry has another manifest than the one that it was started with.
  const why = gathered.ok && run.attempt > 1 ? whyIncomplete(gathered.context, inputs) : undefined;
  return why === undefined ? gathered : missing(why, 'answers-missing');
}

/** Labels of the questions that have to be answered and were not, as it is where the form has changed since; in quotation marks. */
export const unansweredOf = ({ form: asked }: Manifest, form: RunInputs['form']): string[] =>
  asked
    .filter(({ id, required }) => required && !Object.hasOwn(form, id))
    .map(({ name }) => `"${name}"`);

/** What a newer manifest wants that the run was started without: to send nothing in its place could give anything. */
function whyIncomplete(
  { integration: { name }, manifest }: Context,
  { form, generated }: RunInputs,
): string | undefined {
  const unasked = unansweredOf(manifest, form);
  if (unasked.length > 0)
    return t`The form of ${name} was changed: it asks for ${unasked.join(', ')} by now, which this was started without.`;
  return manifest.initialDataForm.every(
    (item) => !item.generate || Object.hasOwn(generated, item.id),
  )
    ? undefined
    : t`The manifest of ${name} was changed: it makes a value by itself now, which this was started without.`;
}

const missing = (why: string, code: Missing['code'] = 'integration-gone'): Missing => ({
  ok: false,
  code,
  why,
});

const without = (
  values: Readonly<Record<string, string>>,
  names: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
