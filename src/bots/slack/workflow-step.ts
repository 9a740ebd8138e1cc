/** Our step of a workflow. Slack waits until it is completed or has failed. */
import type { App } from '@slack/bolt';
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import type { Bot } from '../view/bot.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import { inboundOf, type SlackBotDeps } from './interaction.ts';
import { REQUEST_STEP } from './names.ts';
import { surfaceOf } from './surface.ts';
import { api, slackSaid, waitingOnce } from './web-api.ts';

/** A variable of the workflow that is empty is left out, or null. */
const inputs = z.looseObject({
  app: z.string(),
  person: z.string().min(1),
  reason: z.string().nullish(),
});

/** The event of Slack, with a key that is the same for each delivery. */
export const stepEvent = z.looseObject({
  type: z.literal('function_executed'),
  function: z.looseObject({ callback_id: z.literal(REQUEST_STEP) }),
  function_execution_id: z.string().min(1),
  inputs,
});

export function listenForSteps<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  deps: SlackBotDeps,
): void {
  app.function(REQUEST_STEP, async ({ event, context, complete, fail }) => {
    const { data: step } = stepEvent.safeParse(event);
    if (!step) {
      const error = await bot.forEveryone(incomplete);
      await finish(() => fail({ error }));
      return;
    }
    const { app: name, person: userId, reason } = step.inputs;
    const sent = { userId, key: step.function_execution_id, context };
    // They did nothing: the workflow may be anyone's.
    const inbound = {
      ...(await inboundOf(deps, sent, { place: 'direct' })),
      unasked: true,
    } as const;
    const surface = surfaceOf({ ...deps, userId, origin: { place: 'direct' } });
    const outcome = await bot.step(inbound, { app: name, reason: reason ?? undefined }, surface);
    if (!outcome) return;
    const { isDone, said } = outcome;
    await finish(() => (isDone ? complete({ outputs: { message: said } }) : fail({ error: said })));
  });
}

const incomplete = () => t`The step needs an app and a person. Nothing was requested.`;

async function finish(call: () => Promise<unknown>): Promise<void> {
  try {
    await waitingOnce(() => api(call()));
  } catch (error) {
    if (!slackSaid(error, ...OVER)) throw error;
  }
}

/** Someone ended the workflow, or this is a repeat: the token of a run ends with it. */
const OVER = ['execution_not_in_running_state', 'function_execution_not_found', 'token_revoked'];
