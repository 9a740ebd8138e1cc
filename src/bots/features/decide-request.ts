/** Approve, Deny… and Withdraw. The cards of everybody follow the request, so a click that counts says nothing more. */
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import type { AccessRequest } from '../../engine/access-request.ts';
import { withdrawRequest } from '../../engine/ask-access.ts';
import { type Decided, decideRequest, type Say } from '../../engine/decide-request.ts';
import { retryStale } from '../../engine/retry-stale.ts';
import { buttonAction, formAction, type Reply } from '../view/action.ts';
import { type Card, note } from '../view/card.ts';
import { auditRefusal } from './admins.ts';
import { askingOf } from './asking.ts';
import type { Turn } from './context.ts';
import { MOST_REASON, tooLong } from './typed-text.ts';

/** `rules`: those that the card was drawn by. */
const target = z.object({ requestId: z.string(), rules: z.string() });

export const approveRequest = buttonAction({
  id: 'request.approve',
  payload: target,
  handle: (wanted, turn: Turn) => say({ ...wanted, verdict: 'approve' }, turn),
});

export const denyRequest = formAction({
  id: 'request.deny',
  payload: target,
  title: 'Deny the request',
  submitLabel: 'Deny',
  tone: 'danger',

  async fields({ requestId }, { stores }: Turn) {
    const request = await stores.requests.find(requestId);
    return request?.state === 'open'
      ? {
          fields: {
            reason: {
              kind: 'text',
              label: 'Reason',
              multiline: true,
              hint: 'Whoever asked reads it.',
            },
          },
        }
      : { refused: over };
  },

  async submit({ reason }, wanted, turn) {
    const wrong = tooLong(reason, MOST_REASON);
    return wrong
      ? { kind: 'invalid', errors: { reason: wrong } }
      : say({ ...wanted, verdict: 'deny', reason }, turn);
  },
});

export const withdrawOwnRequest = buttonAction({
  id: 'request.withdraw',
  payload: z.object({ requestId: z.string() }),

  async handle({ requestId }, turn: Turn) {
    const actor = { kind: 'person', personId: turn.actor.id, via: turn.via } as const;
    const outcome = await retryStale(() =>
      turn.transact(async (tx) => {
        const request = await tx.requests.find(requestId);
        return (
          request &&
          withdrawRequest(tx, request, { actor, personId: turn.actor.id }, askingOf(turn))
        );
      }),
    );
    if (outcome?.kind === 'withdrawn') return { kind: 'nothing' };
    if (outcome?.kind !== 'not-yours') return tell(over);
    await auditRefusal('withdraw this request', turn, {});
    return tell(note("You can't withdraw this", 'Only whoever asked can. Nothing was changed.'));
  },
});

async function say(
  wanted: Pick<Say, 'requestId' | 'rules' | 'verdict' | 'reason'>,
  turn: Turn,
): Promise<Reply> {
  const actor = { kind: 'person', personId: turn.actor.id, via: turn.via } as const;
  const decided = await retryStale(() =>
    turn.transact((tx) => decideRequest(tx, { ...wanted, by: turn.actor, actor }, askingOf(turn))),
  );
  if (decided.kind === 'decided' || decided.kind === 'counted') return { kind: 'nothing' };
  const request = await turn.stores.requests.find(wanted.requestId);
  const about = request ? namesOf(request) : {};
  await auditRefusal(`${wanted.verdict} ${whatNot[decided.kind]}`, turn, about);
  return tell(whyNot(decided));
}

type Refused = Exclude<Decided, { readonly kind: 'decided' | 'counted' }>;

/** For the audit log: what may not be approved or denied. */
const whatNot: Record<Refused['kind'], string> = {
  gone: 'a request that is gone',
  over: 'a request that was over',
  'said-already': 'a request once more',
  own: 'their own request',
  'not-approver': "a request that isn't theirs to decide",
  'rules-changed': 'a request by older rules',
  refused: "a request that can't be granted now",
};

function whyNot(decided: Refused): Card {
  switch (decided.kind) {
    case 'gone':
    case 'over':
      return over;
    case 'said-already':
      return note('You have decided already', 'Your say counts; the others still have theirs.');
    case 'own':
      return note(
        "You can't decide this one",
        'It is for you, or you asked for it. Somebody else decides; the card says who.',
      );
    case 'not-approver':
      return note(
        "You don't decide this",
        'Others do, or do now: the manager, an absence or the settings have changed since you were asked. Nothing was changed; those who decide have been asked.',
      );
    case 'rules-changed':
      return note(
        'The rules have changed',
        'An admin has changed who decides about this, or for how long. The card shows how it is now: look at it and press again.',
      );
    case 'refused':
      return note("It can't be granted now", decided.why, 'The request stays open.');
    default:
      return unreachable(decided);
  }
}

const namesOf = ({ personId, integrationId }: AccessRequest) => ({ personId, integrationId });

const over = note(
  'This request is over',
  'It was decided, withdrawn or ended before. Its card says how; nothing was changed now.',
);

const tell = (card: Card): Reply => ({ kind: 'say', to: 'here', card });
