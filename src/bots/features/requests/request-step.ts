/**
 * The step "Request access" of a workflow: a card in the chat of the person whom the workflow names opens the form, filled in. It
 * requests nothing. The workflow learns only whether they were shown it, since others read what it says.
 */
import { RateLimit } from '../../../core/rate-limit.ts';
import { sentences, t } from '../../../core/translate.ts';
import { SYSTEM } from '../../../engine/people/directory.ts';
import { PREPARED_FOR_ONE } from '../../../engine/requests/prepared.ts';
import { requestableOf } from '../../../engine/requests/requestable.ts';
import type { Turn } from '../../live/context.ts';
import type { StepAnswer, StepInputs } from '../../view/bot-deps.ts';
import { isTooLong, keepPrepared } from './prepared-draft.ts';
import { preparedCard } from './prepared-request.ts';

/** A longer name is none of an app. */
const MAX_NAME = 200;

/** @param ticks milliseconds of a monotonic clock */
export function requestStepWith(ticks: () => number) {
  const perPerson = new RateLimit({ ...PREPARED_FOR_ONE, now: ticks });
  return async ({ app, reason: given }: StepInputs, turn: Turn): Promise<StepAnswer> => {
    const { stores, actor } = turn;
    const named = app.length <= MAX_NAME ? await stores.integrations.findByNames([app.trim()]) : [];
    const [integration] = await requestableOf(stores, actor, named);
    if (!integration)
      return refused(
        () => t`This person can't request an app of that name.`,
        () => t`Check the name in the workflow, or ask a Latchkey admin.`,
      );
    const reason = given?.trim() || undefined;
    const prepared = {
      by: { kind: 'workflow' },
      owner: actor,
      person: actor,
      integration,
      hours: undefined,
      reason,
      form: {},
      answers: [],
    } as const;
    if (isTooLong(prepared))
      return refused(
        () => t`The reason is too long.`,
        () => t`Shorten it in the workflow.`,
      );
    if (!perPerson.take(actor.id).ok)
      return refused(
        () => t`Workflows have shown this person many requests just now.`,
        () => t`Run this one again in ten minutes.`,
      );
    const draftId = await turn.transact((tx) => keepPrepared(tx, prepared));
    return {
      kind: 'show',
      card: preparedCard(prepared, draftId),
      // Slack's event doesn't say who runs the workflow, and the person did nothing.
      shown: () =>
        turn.transact((tx) =>
          tx.audit('request.workflow-card', {
            actor: SYSTEM,
            personId: actor.id,
            integrationId: integration.id,
          }),
        ),
      say: () =>
        t`They got a card that opens the form, filled in. Nothing is requested until they send it.`,
    };
  };
}

const refused = (why: () => string, next: () => string): StepAnswer => ({
  kind: 'refused',
  say: () => sentences(why(), t`Nothing was requested.`, next()),
});
