/** Gathers what rendering needs for one person and one integration: manifest, secrets, people, variables. */
import type { Json } from '../../core/json.ts';
import { listed } from '../../core/listed.ts';
import { together } from '../../core/together.ts';
import { plural, t } from '../../core/translate.ts';
import { describeAccess } from '../access/access-overview.ts';
import type { Account } from '../access/account.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { accountListOf, type Manifest } from '../manifest/schema.ts';
import type { Integration, ManifestVersion, Person } from '../people/directory.ts';
import { hasReadableFacts, unreadFactsWords, withReadableFacts } from '../people/stored-values.ts';
import type { OAuthToken } from '../ports/integration-stores.ts';
import type { OutgoingText } from '../ports/sending.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Run, RunInputs } from '../runs/run.ts';
import { redactor } from '../templates/redact.ts';
import { tokenSecrets } from '../templates/token-secrets.ts';
import { buildVariables, type VariableSources, type Variables } from '../templates/variables.ts';
import { findToken, oauthAppOf, sayNotConnected } from './oauth-app.ts';

export interface Context {
  readonly integration: Integration;
  readonly manifest: Manifest;
  readonly person: Person;
  /** The form's answers at the start, by id. */
  readonly form: RunInputs['form'];
  /** The client that its token has to belong to: `oauth-app.ts`. Left out when the manifest has no `oauth`. */
  readonly oauthApp?: string;
  /** The saved token. Left out when the manifest has no `oauth`. */
  readonly token?: OAuthToken;
  /** The variables after earlier steps: with their responses, and with what they stored with the person. */
  readonly variables: (
    responses: readonly Json[],
    stored?: Readonly<Record<string, Json>>,
  ) => Variables;
  /** Replaces every secret of this integration, in every encoding, by `•••NAME•••`, and cuts long texts. */
  readonly redact: (text: string) => string;
  /** Whether the text holds a secret of this integration, in any encoding. */
  readonly hasSecret: (text: string) => boolean;
  /** The same context with a newer token. The older one stays redacted. `redirectUrl` is the value of `{{redirect_url}}`. */
  readonly withToken: (token: OAuthToken, redirectUrl: string) => Context;
}

export type Gathered =
  | { readonly ok: true; readonly context: Context }
  /** `why` is a sentence for people: what is missing, and what to do. */
  | Missing;

interface Missing {
  readonly ok: false;
  /** The error's code of a run that can't continue. */
  readonly code: 'integration-gone' | 'no-token' | 'answers-missing';
  readonly why: string;
}

export interface ContextFor {
  readonly personId: string;
  readonly integrationId: string;
  /** The pinned version of a run. Left out: the newest. */
  readonly manifestVersionId?: string;
  readonly inputs?: RunInputs;
  /** The account that it is about. Its facts replace those of the directory. */
  readonly account?: Pick<Account, 'facts'>;
  /** Only an `execute` has answers to the whole form. */
  readonly kind?: Run['kind'];
}

/** The part of a context that is the same for every person. */
export interface SetUp {
  readonly ok: true;
  readonly integration: Integration;
  readonly manifest: Manifest;
  readonly manifestText: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Those secrets that are redacted. */
  readonly hidden: Readonly<Record<string, string>>;
}

const noInputs: RunInputs = { form: {}, generated: {} };

export async function gather(stores: Stores, wanted: ContextFor): Promise<Gathered> {
  const integration = await stores.integrations.find(wanted.integrationId);
  // A run that has started continues, even after its integration was deleted.
  if (!integration || (integration.deletedAt && !wanted.manifestVersionId)) return missing(gone());
  const [person, setUp] = await together([
    stores.people.find(wanted.personId),
    gatherIntegration(stores, integration, wanted.manifestVersionId),
  ]);
  if (!person) return missing(t`The person is no longer in the directory.`);
  if (!hasReadableFacts(person)) return missing(unreadFactsWords());
  return setUp.ok ? gatherFor(stores, wanted, { person, setUp }) : setUp;
}

export async function gatherFor(
  stores: Stores,
  { kind, inputs = noInputs, account }: Pick<ContextFor, 'kind' | 'inputs' | 'account'>,
  { person, setUp }: Pick<ContextFacts, 'person' | 'setUp'>,
): Promise<Gathered> {
  const { integration, manifest } = setUp;
  const token = await findToken(stores, integration.id, oauthAppOf(setUp));
  if (manifest.oauth && !token) return missing(sayNotConnected(integration.name), 'no-token');

  const [manager, buddy] = await together([
    person.managerId ? stores.people.find(person.managerId) : undefined,
    person.buddyId ? stores.people.find(person.buddyId) : undefined,
  ]);
  // It reads every integration, so it is computed only for a manifest that uses it.
  const accessOverview = setUp.manifestText.includes('access_overview')
    ? await describeAccess(stores, person)
    : '';
  const known = {
    setUp,
    person,
    manager,
    buddy,
    accessOverview,
    inputs: kind === 'execute' ? withEmptyAnswers(manifest, inputs) : inputs,
    account,
  };
  return { ok: true, context: contextOf(known, token ? [token] : []) };
}

/** An optional field that was left empty counts as answered: it causes no warning, and no stored value replaces it. */
function withEmptyAnswers({ form: asked }: Manifest, { form, ...others }: RunInputs): RunInputs {
  const empty = asked
    .filter(({ required }) => !required)
    .map(({ id, type }) => [id, type === 'multiple_choice' ? [] : ''] as const);
  return { ...others, form: { ...Object.fromEntries(empty), ...form } };
}

/**
 * The context of a sync. It is about no person, so variables of a person have no value.
 * @param manifestVersionId left out: the newest
 */
export async function gatherSync(
  stores: Stores,
  integrationId: string,
  manifestVersionId?: string,
): Promise<Gathered> {
  return gatherForNobody(stores, integrationId, { manifestVersionId });
}

/** The context of the list of accounts: its manifest reads that list as an import would. */
export const gatherAccountList = (
  stores: Stores,
  integrationId: string,
  manifestVersionId?: string,
): Promise<Gathered> =>
  gatherForNobody(stores, integrationId, { manifestVersionId, reads: accountListOf });

/** The context of a text. Its templates can use only the number, the message and secrets. */
export const gatherText = (
  stores: Stores,
  integrationId: string,
  { to, message }: Pick<OutgoingText, 'to' | 'message'>,
): Promise<Gathered> =>
  gatherForNobody(stores, integrationId, { inputs: { form: { to, message }, generated: {} } });

interface ForNobody {
  readonly inputs?: RunInputs;
  readonly manifestVersionId?: string;
  /** The manifest as it is read. Undefined: it has no such part. */
  readonly reads?: (manifest: Manifest) => Manifest | undefined;
}

async function gatherForNobody(
  stores: Stores,
  integrationId: string,
  { inputs = noInputs, manifestVersionId, reads = (whole) => whole }: ForNobody,
): Promise<Gathered> {
  const integration = await stores.integrations.find(integrationId);
  if (!integration || integration.deletedAt) return missing(gone());
  if (!integration.enabled)
    return missing(t`${integration.name} is turned off. An admin can turn it on again.`);
  const whole = await gatherIntegration(stores, integration, manifestVersionId);
  if (!whole.ok) return whole;
  const manifest = reads(whole.manifest);
  if (!manifest) return missing(t`The manifest of ${integration.name} has no accounts.`);
  const setUp = { ...whole, manifest };
  const token = await findToken(stores, integration.id, oauthAppOf(setUp));
  if (setUp.manifest.oauth && !token) return missing(sayNotConnected(integration.name), 'no-token');
  const known = { setUp, person: NOBODY, manager: undefined, buddy: undefined, inputs };
  return { ok: true, context: contextOf(known, token ? [token] : []) };
}

/** Stands for the person in a sync or a text, which are about none. */
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

/** @param tokens the newest last; all of them are redacted */
function contextOf(
  known: ContextFacts,
  tokens: readonly OAuthToken[],
  redirectUrl?: string,
): Context {
  const { setUp, person, manager, buddy, accessOverview, inputs, account } = known;
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
    oauthApp: oauthAppOf(setUp),
    token,
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
        person:
          person === NOBODY
            ? undefined
            : { ...person, stored: { ...withReadableFacts(person).stored, ...stored } },
        manager,
        buddy,
        accessOverview,
        form,
        secrets,
        generated,
        responses,
        oauth: token?.answer,
        redirectUrl,
      }),
  };
}

/** The account was created with its own facts, so they win over those of the directory. */
function withFacts(
  account: ContextFacts['account'],
  { form, initialDataForm }: Manifest,
  sources: VariableSources,
): Variables {
  const variables = buildVariables(sources);
  if (!account) return variables;
  // A name that the form or an admin sets now is no longer a fact about the person.
  const set = [...form, ...initialDataForm].map(({ id }) => id);
  const facts = Object.entries(account.facts).filter(([name]) => !set.includes(name));
  return Object.assign(variables, Object.fromEntries(facts));
}

/** Whether it has a token for the client that it names now, and the app hasn't rejected it. */
export async function isConnected(stores: Stores, integration: Integration): Promise<boolean> {
  const setUp = await gatherIntegration(stores, integration);
  if (!setUp.ok) return false;
  const token = await findToken(stores, integration.id, oauthAppOf(setUp));
  return token?.state === 'connected';
}

/** @param versionId the manifest's version; left out: the newest */
export async function gatherIntegration(
  stores: Stores,
  integration: Integration,
  versionId = integration.manifestVersionId,
): Promise<SetUp | Missing> {
  if (versionId === undefined)
    return missing(
      t`${integration.name} is granted and removed by hand, so Latchkey can't check it.`,
    );
  const [version, secrets] = await together([
    stores.integrations.findVersion(versionId),
    stores.secrets.all(integration.id),
  ]);
  return setUpOf(integration, version, secrets);
}

export function setUpOf(
  integration: Integration,
  version: ManifestVersion | undefined,
  secrets: Readonly<Record<string, string>>,
): SetUp | Missing {
  const manifest = manifestIn(version);
  if (!manifest)
    return missing(
      t`Latchkey can't read the manifest of ${integration.name}. An admin needs to save it again.`,
    );
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

const notSetUp = (name: string, unset: readonly { readonly name: string }[]): string => {
  const names = listed(
    unset.map((each) => each.name),
    'and',
  );
  return plural(unset.length, {
    one: t`${name} is not set up yet: ${names} is missing. An admin has to enter it.`,
    other: t`${name} is not set up yet: ${names} are missing. An admin has to enter them.`,
  });
};

export const gone = () => t`The integration has been deleted.`;

export const missing = (why: string, code: Missing['code'] = 'integration-gone'): Missing => ({
  ok: false,
  code,
  why,
});

const without = (
  values: Readonly<Record<string, string>>,
  names: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
