/** Fetches the options of a form's field as in service. The answer is stored nowhere. */
import { t } from '../core/translate.ts';
import { gather } from '../engine/calls/context.ts';
import { fetchOptions } from '../engine/integrations/form-options.ts';
import type { OptionsAnswer } from '../engine/ports/chat-stores.ts';
import type { SpokenEnv } from './env.ts';
import { type Fixture, withFixture } from './fixture.ts';
import type { Inputs } from './inputs.ts';
import { knownTo } from './known.ts';
import { notReady } from './result.ts';

interface OptionsWish {
  /** The integration's name. */
  readonly name: string;
  readonly manifestText: string;
  readonly fieldId: string;
}

export const tryOptions = (
  wanted: OptionsWish,
  inputs: Inputs,
  env: SpokenEnv,
): Promise<OptionsAnswer> =>
  withFixture({ ...wanted, inputs }, env, (fixture) => askOptions(wanted, fixture, env));

async function askOptions(
  { name, fieldId }: OptionsWish,
  fixture: Fixture,
  env: SpokenEnv,
): Promise<OptionsAnswer> {
  if (!fixture.person) return { kind: 'problem', message: env.words.noPerson };
  const ids = { personId: fixture.person.id, integrationId: fixture.integration.id };
  const gathered = await gather(fixture.stores, ids);
  if (!gathered.ok)
    return {
      kind: 'problem',
      message: notReady(gathered, env.words).error?.message ?? gathered.why,
    };
  const known = knownTo(gathered.context, fixture, env);
  let answer: OptionsAnswer | undefined;
  await fetchOptions(
    { ...ids, fieldId },
    {
      now: env.now,
      http: known.exchanges.http,
      tokens: known.tokens,
      transact: fixture.transact,
      signals: { announce: () => undefined, next: async () => undefined },
      keyedHash: (text) => text,
      stores: {
        ...fixture.stores,
        options: {
          ...fixture.stores.options,
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
      message: t`Latchkey couldn't get the choices from ${name} just now. Try again.`,
    }
  );
}
