/** Fetches the options of a form's fields as in service. The answers are stored nowhere. */
import { t } from '../core/translate.ts';
import { gather } from '../engine/calls/context.ts';
import { fetchOptions } from '../engine/integrations/form-options.ts';
import type { ProvisionManifest } from '../engine/manifest/schema.ts';
import type { Person } from '../engine/people/directory.ts';
import type { OptionsAnswer } from '../engine/ports/chat-stores.ts';
import type { Http } from '../engine/ports/http.ts';
import type { SpokenEnv } from './env.ts';
import { type Fixture, withFixture } from './fixture.ts';
import type { Inputs } from './inputs.ts';
import { knownTo, type TryContext } from './known.ts';
import { nothingDone, notReady, type TryResult } from './result.ts';
import { showAsked, watch } from './watch.ts';

interface OptionsWish {
  /** The integration's name. */
  readonly name: string;
  readonly manifestText: string;
  readonly fieldId: string;
}

/** Those of one field. */
export const tryOptions = (
  wanted: OptionsWish,
  inputs: Inputs,
  env: SpokenEnv,
): Promise<OptionsAnswer> =>
  withFixture({ ...wanted, inputs }, env, (fixture) => askOptions(wanted, fixture, env));

async function askOptions(
  { fieldId }: OptionsWish,
  fixture: Fixture,
  env: SpokenEnv,
): Promise<OptionsAnswer> {
  const { person, integration, stores } = fixture;
  if (!person) return { kind: 'problem', message: env.words.noPerson };
  const gathered = await gather(stores, { personId: person.id, integrationId: integration.id });
  if (!gathered.ok)
    return {
      kind: 'problem',
      message: notReady(gathered, env.words).error?.message ?? gathered.why,
    };
  const { tokens, exchanges } = knownTo(gathered.context, fixture, env);
  return fetched(fieldId, person, { fixture, env, tokens, http: exchanges.http });
}

/** Those of each field whose options come from the app. */
export async function tryFormOptions(
  { manifest, person }: { readonly manifest: ProvisionManifest; readonly person: Person },
  fixture: Fixture,
  env: SpokenEnv,
): Promise<TryResult> {
  const { stores, integration } = fixture;
  const gathered = await gather(stores, { personId: person.id, integrationId: integration.id });
  if (!gathered.ok) return notReady(gathered, env.words);
  const known = knownTo(gathered.context, fixture, env);
  const watched = watch(known.exchanges.http, env);
  const deps = { fixture, env, tokens: known.tokens, http: watched.http };

  const options: Record<string, TryOption[]> = {};
  let error: TryResult['error'] = null;
  for (const { id } of manifest.form.filter(({ request }) => request !== undefined)) {
    const answer = await fetched(id, person, deps);
    if (answer.kind === 'options')
      options[id] = answer.options.map(({ label, value }) => ({ label, value }));
    else error ??= { code: 'no-options', message: `${id}: ${answer.message}`, step: null };
  }
  const redact = await known.redactNow();
  return {
    ...nothingDone,
    status: error ? 'failed' : 'succeeded',
    error,
    steps: watched.asked().map((asked) => showAsked(asked, known.exchanges, redact)),
    options,
    oauth: { refreshed: await known.refreshed() },
  };
}

type TryOption = NonNullable<TryResult['options']>[string][number];

interface Fetching {
  readonly fixture: Fixture;
  readonly env: SpokenEnv;
  readonly tokens: TryContext['tokens'];
  readonly http: Http;
}

async function fetched(
  fieldId: string,
  { id: personId }: Person,
  { fixture: { stores, transact, integration }, env, tokens, http }: Fetching,
): Promise<OptionsAnswer> {
  let answer: OptionsAnswer | undefined;
  await fetchOptions(
    { personId, integrationId: integration.id, fieldId },
    {
      now: env.now,
      http,
      tokens,
      transact,
      signals: { announce: () => undefined, next: async () => undefined },
      keyedHash: (text) => text,
      stores: {
        ...stores,
        options: {
          ...stores.options,
          put: async (_key, came) => {
            answer = came;
          },
        },
      },
    },
  );
  return (
    answer ?? {
      kind: 'problem',
      message: t`Latchkey couldn't get the options from ${integration.name} just now. Try again.`,
    }
  );
}
