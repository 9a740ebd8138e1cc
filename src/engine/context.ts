/** Gathers what rendering needs for one person at one integration: manifest, secrets, people, variables. */
import type { Json } from '../core/json.ts';
import type { Integration, Person } from './directory.ts';
import { parseManifest } from './manifest/parse.ts';
import type { Manifest } from './manifest/schema.ts';
import type { Stores } from './ports.ts';
import { redactor } from './redact.ts';
import type { Run, RunInputs } from './run.ts';
import { buildVariables, type Variables } from './variables.ts';

export interface Context {
  readonly integration: Integration;
  readonly manifest: Manifest;
  readonly person: Person;
  /** The variables as they are after earlier steps: their responses, and what they stored with the person. */
  readonly variables: (
    responses: readonly Json[],
    stored?: Readonly<Record<string, Json>>,
  ) => Variables;
  /** Replaces every secret of this integration, in every encoding, by `•••NAME•••`. */
  readonly redact: (text: string) => string;
}

export type Gathered =
  | { readonly ok: true; readonly context: Context }
  /** A sentence for people: what is missing and the cure. */
  | { readonly ok: false; readonly why: string };

interface Wanted {
  readonly personId: string;
  readonly integrationId: string;
  /** The pinned version of a run; the newest where it is left out. */
  readonly manifestVersionId?: string;
  readonly inputs?: RunInputs;
}

const noInputs: RunInputs = { form: {}, generated: {} };

export async function gather(stores: Stores, wanted: Wanted): Promise<Gathered> {
  const integration = await stores.integrations.find(wanted.integrationId);
  if (!integration) return missing('The integration was deleted meanwhile.');
  const person = await stores.people.find(wanted.personId);
  if (!person) return missing('The person is no longer in the directory.');
  const version = await stores.integrations.findVersion(
    wanted.manifestVersionId ?? integration.manifestVersionId,
  );
  const parsed = version && parseManifest(version.manifest);
  if (!parsed?.ok)
    return missing(
      `The manifest of ${integration.name} can't be read. An admin has to save it again.`,
    );

  const secrets = await stores.secrets.all(integration.id);
  const unset = parsed.manifest.initialDataForm.filter(
    ({ id, generate }) => !generate && !Object.hasOwn(secrets, id),
  );
  if (unset.length > 0)
    return missing(
      `${integration.name} is not set up yet: ${unset.map(({ id }) => id).join(', ')} ${unset.length === 1 ? 'is' : 'are'} missing. An admin has to enter ${unset.length === 1 ? 'it' : 'them'}.`,
    );

  const { manifest } = parsed;
  const [manager, buddy] = await Promise.all([
    person.managerId ? stores.people.find(person.managerId) : undefined,
    person.buddyId ? stores.people.find(person.buddyId) : undefined,
  ]);
  const accessOverview = await describeAccess(stores, person);
  const { form, generated } = wanted.inputs ?? noInputs;
  const open = manifest.initialDataForm.filter(({ secret }) => !secret).map(({ id }) => id);
  const redact = redactor(
    { ...without(secrets, open), ...generated },
    { person, manifestText: version?.manifest ?? '' },
  );

  return {
    ok: true,
    context: {
      integration,
      manifest,
      person,
      redact,
      variables: (responses, stored = {}) =>
        buildVariables({
          person: { ...person, stored: { ...person.stored, ...stored } },
          manager,
          buddy,
          form,
          secrets,
          generated,
          responses,
          accessOverview,
        }),
    },
  };
}

/** @returns the context of a run: its pinned manifest and what it was started with. */
export const gatherRun = async (stores: Stores, run: Run): Promise<Gathered> =>
  gather(stores, { ...run, inputs: await stores.runs.inputs(run.id) });

const missing = (why: string): Gathered => ({ ok: false, why });

const words = { has: 'has access', none: 'no access', unknown: 'unknown' } as const;

/** `Asana (has access), Zoom (unknown)`, from the last known state, without asking anybody. */
async function describeAccess(stores: Stores, person: Person): Promise<string> {
  const [integrations, known] = await Promise.all([
    stores.integrations.list(),
    stores.access.forPerson(person.id),
  ]);
  return integrations
    .map(({ id, name }) => {
      const access = known.find(({ integrationId }) => integrationId === id);
      return `${name} (${words[access?.state ?? 'unknown']})`;
    })
    .join(', ');
}

const without = (
  values: Readonly<Record<string, string>>,
  names: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
