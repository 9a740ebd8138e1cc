/** Approve all, Deny all… and Withdraw of a bundle request. Its card follows, so a successful click needs no reply. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  ALL_ITEMS,
  type BundleDecided,
  type BundleDecision,
  decideBundleRequest,
} from '../../../engine/bundles/decide-bundle-request.ts';
import { withdrawRequest } from '../../../engine/requests/create-request.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { requestClosed, requestGone } from '../requests/closed-request.ts';
import {
  notYoursToDecide,
  notYoursToWithdraw,
  textForRequester,
} from '../requests/decide-request.ts';

/** `shown`: a key of what waited for the reader when the card was drawn. */
const target = z.object({ bundleRequestId: z.string(), shown: z.string() });

export const approveBundle = buttonAction({
  id: 'bundle.approve',
  payload: target,
  handle: (wanted, turn: Turn) => decide({ ...wanted, verdict: 'approve' }, turn),
});

export const denyBundle = formAction({
  id: 'bundle.deny',
  payload: target,
  title: () => t`Deny all apps`,
  submitLabel: () => t`Deny`,

  async fields({ bundleRequestId }, { stores }: Turn) {
    const open = await stores.requests.listAfter(undefined, 1, { bundleRequestId, state: 'open' });
    return open.length > 0
      ? {
          fields: { reason: textForRequester(t`Reason`) },
        }
      : { refused: requestClosed() };
  },

  submit: ({ reason }, wanted, turn) => decide({ ...wanted, verdict: 'deny', reason }, turn),
});

export const withdrawBundle = buttonAction({
  id: 'bundle.withdraw',
  payload: z.object({ bundleRequestId: z.string() }),

  async handle({ bundleRequestId }, turn: Turn): Promise<Reply> {
    const actor = actorOf(turn);
    const withdrawn = await turn.transact(async (tx) => {
      const filter = { bundleRequestId, state: 'open' } as const;
      const { requests } = await tx.requests.list(filter, ALL_ITEMS);
      const by = { actor, personId: turn.actor.id };
      const ends = [];
      for (const request of requests) ends.push(await withdrawRequest(tx, request, by));
      return ends;
    });
    if (withdrawn.length > 0 && withdrawn.every(({ kind }) => kind === 'withdrawn'))
      return { kind: 'nothing' };
    if (withdrawn.length === 0)
      return (await haveWithdrawn(bundleRequestId, turn))
        ? { kind: 'nothing' }
        : refuse(requestClosed());
    await auditRefusal(() => t`withdraw this request`, turn, {});
    return refuse(notYoursToWithdraw());
  },
});

/** By a first click of theirs. */
async function haveWithdrawn(bundleRequestId: string, { stores, actor }: Turn): Promise<boolean> {
  const filter = { bundleRequestId, state: 'withdrawn' } as const;
  const found = await stores.requests.listAfter(undefined, 1, filter);
  return found.some(({ requestedById }) => requestedById === actor.id);
}

async function decide(
  wanted: Pick<BundleDecision, 'bundleRequestId' | 'shown' | 'verdict' | 'reason'>,
  turn: Turn,
): Promise<Reply> {
  const actor = actorOf(turn);
  const decided = await turn.transact((tx) =>
    decideBundleRequest(tx, { ...wanted, by: turn.actor, actor }),
  );
  if (decided.kind === 'decided')
    return decided.refused.length === 0 ? { kind: 'nothing' } : refuse(notGranted(decided));
  if (decided.kind === 'nothing-waits' && (await haveSaid(wanted, turn)))
    return { kind: 'nothing' };
  const { verdict } = wanted;
  const what = whatNot()[decided.kind];
  const words = () => (verdict === 'approve' ? t`approve ${what}` : t`deny ${what}`);
  const bundleRequest = await turn.stores.bundleRequests.find(wanted.bundleRequestId);
  await auditRefusal(words, turn, bundleRequest ? { personId: bundleRequest.personId } : {});
  return refuse(whyNot(decided));
}

/** A second click: they have said the same of some of it. */
async function haveSaid(
  { bundleRequestId, verdict }: Pick<BundleDecision, 'bundleRequestId' | 'verdict'>,
  { stores, actor }: Turn,
): Promise<boolean> {
  const { requests } = await stores.requests.list({ bundleRequestId }, ALL_ITEMS);
  for (const { id } of requests) {
    const verdicts = await stores.requests.verdicts(id);
    if (verdicts.some((each) => each.personId === actor.id && each.verdict === verdict))
      return true;
  }
  return false;
}

type Refused = Exclude<BundleDecided, { readonly kind: 'decided' }>;

/** For the audit log: what the actor can't approve or deny. */
const whatNot = (): Record<Refused['kind'], string> => ({
  gone: t`a request that no longer exists`,
  own: t`their own request`,
  'nothing-waits': t`a request that others approve`,
  changed: t`a request that has changed`,
});

function whyNot(decided: Refused): Card {
  switch (decided.kind) {
    case 'gone':
      return requestGone();
    case 'own':
      return notYoursToDecide();
    case 'nothing-waits':
      return note(
        t`Nothing here needs your approval`,
        t`It was already answered, or others approve it. The card shows the state of each app.`,
      );
    case 'changed':
      return note(
        t`This request has changed`,
        t`What needs your approval has changed since the card was drawn. Check the card, then press again.`,
      );
    default:
      return unreachable(decided);
  }
}

const notGranted = ({ refused }: Extract<BundleDecided, { readonly kind: 'decided' }>): Card =>
  note(
    t`Some apps can't be granted now`,
    ...refused.map(({ integration, why }) => `${integration.name}: ${why}`),
    t`These requests stay open. The others are approved.`,
  );
