/** A manager grants something that needs approval: the same form makes a request instead. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { ManifestFormField } from '../../../engine/manifest/form-schema.ts';
import { fullName, type PersonAtApp } from '../../../engine/people/directory.ts';
import { takenFact } from '../../../engine/people/fact-claims.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { createRequest } from '../../../engine/requests/create-request.ts';
import { grantsAlone, hasMarkedOptions } from '../../../engine/requests/needs-approval.ts';
import type { Answer, RunInputs } from '../../../engine/runs/run.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { type SubmitReply, sayHere, showCard } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { markApprovals, refuseFact } from '../access/grant-form.ts';
import { MAX_REASON, REASON } from '../typed-text.ts';
import { requestRef } from './request-ref.ts';

/** For an actor who can't grant some options alone: marks those and adds the reason that approvers read. */
export async function withApprovals(
  form: readonly ManifestFormField[],
  fields: Fields,
  turn: Turn,
): Promise<Fields> {
  if (!hasMarkedOptions(form) || (await grantsAlone(turn.stores, actorOf(turn)))) return fields;
  return {
    ...markApprovals(form, fields),
    [REASON]: {
      kind: 'text',
      label: t`Why is it needed?`,
      hint: t`Only for options that need approval: your approvers will see this.`,
      multiline: true,
      maxLength: MAX_REASON,
      optional: true,
    },
  };
}

export interface RequestedGrant extends PersonAtApp {
  readonly form: RunInputs['form'];
  readonly answers: readonly Answer[];
  readonly facts: Readonly<Record<string, string>>;
  /** Undefined for no end date. */
  readonly hours: number | undefined;
  readonly reason: string | undefined;
}

/** @param options the chosen options that need approval, by their labels */
export async function requestInstead(
  tx: Transaction,
  {
    options,
    person,
    integration,
    hours,
    reason,
    ...asked
  }: RequestedGrant & { readonly options: readonly string[] },
  turn: Turn,
): Promise<SubmitReply> {
  if (reason === undefined || reason.trim() === '')
    return {
      kind: 'invalid',
      errors: {
        [REASON]: t`Enter a reason, since this needs approval: ${options.join(', ')}.`,
      },
    };
  const requester = await tx.people.find(turn.actor.id);
  if (!requester) return refuse(t`You're no longer in the directory.`);
  const actor = actorOf(turn);
  const taken = await takenFact(tx, { personId: person.id, facts: asked.facts, actor });
  if (taken) return refuseFact(taken);
  const outcome = await createRequest(tx, {
    actor,
    requester,
    person,
    integration,
    insteadOfGrant: true,
    hours,
    content: { ...asked, reason },
  });
  switch (outcome.kind) {
    case 'requested':
      return showCard(requestRef(outcome.request.id));
    case 'open-already':
      return refuse(
        t`There's already an open request for ${integration.name} for ${fullName(person)}. It must be answered or withdrawn first.`,
      );
    case 'refused':
      return refuse(outcome.why);
    default:
      return unreachable(outcome);
  }
}

const refuse = (why: string): SubmitReply => sayHere(note(t`Nothing was requested`, why));
