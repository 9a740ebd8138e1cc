/** Fetches the options of a form's field as in service. The answer is stored nowhere. */
import { t } from '../core/translate.ts';
import { gather } from '../engine/calls/context.ts';
import { fetchOptions } from '../engine/integrations/form-options.ts';
import type { OptionsAnswer } from '../engine/ports/chat-stores.ts';
import type { Inputs } from './inputs.ts';
import { knownTo } from './known.ts';
import { notReady } from './result.ts';
import { type Fixture, onStage } from './stage.ts';
import type { SpokenEnv } from './world.ts';

interface OptionsWish {
  /** The integration's name. */
  readonly name: string;
  readonly manifestText: string;
  readonly fieldId: string;
}

export const tryOptions = (
  wanted: OptionsWish,
  inputs: Inputs,
  world: SpokenEnv,
): Promise<OptionsAnswer> =>
  onStage({ ...wanted, inputs }, world, (stage) => askOptions(wanted, stage, world));

async function askOptions(
  { name, fieldId }: OptionsWish,
  stage: Fixture,
  world: SpokenEnv,
): Promise<OptionsAnswer> {
  if (!stage.person) return { kind: 'problem', message: world.words.noPerson };
  const ids = { personId: stage.person.id, integrationId: stage.integration.id };
  const gathered = await gather(stage.stores, ids);
  if (!gathered.ok)
    return {
      kind: 'problem',
      message: notReady(gathered, world.words).error?.message ?? gathered.why,
    };
  const known = knownTo(gathered.context, stage, world);
  let answer: OptionsAnswer | undefined;
  await fetchOptions(
    { ...ids, fieldId },
    {
      now: world.now,
      http: known.exchanges.http,
      tokens: known.tokens,
      transact: stage.transact,
      signals: { announce: () => undefined, next: async () => undefined },
      keyedHash: (text) => text,
      stores: {
        ...stage.stores,
        options: {
          ...stage.stores.options,
          put: async (_key, came) => {
            answer = came;
          },
        },
      },
    },
  );
  return answer ?? { kind: 'problem', message: t`${name} could not be asked now. Try again.` };
}
