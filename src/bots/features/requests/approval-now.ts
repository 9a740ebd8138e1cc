/** Who would approve a request that isn't made yet, as its form and a sentence say it. */
import { compact } from '../../../core/compact.ts';
import { sentences, t } from '../../../core/translate.ts';
import { fullName, type PersonAtApp } from '../../../engine/people/directory.ts';
import { mayGrant } from '../../../engine/people/permission.ts';
import { approversNow } from '../../../engine/requests/approvers.ts';
import { approvalInWords } from '../../../engine/requests/policy-words.ts';
import { noApprovers } from '../../../engine/requests/requestable.ts';
import { whyAdminsWords } from '../../../engine/requests/why-admins.ts';
import type { Stage } from '../../../engine/settings/route.ts';
import { type Policy, policyOf, routeOf } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
import { type Card, note, type Text, withButtons } from '../../view/card.ts';
import { grantAccess } from '../access/grant-access.ts';
import { someNames } from '../some-names.ts';

interface ApprovalNow {
  readonly words: readonly Text[];
  /** Nobody could approve it, whatever its answers are: nothing can be requested. */
  readonly whyNone?: string;
}

/** How it is approved, and whom a request for this person would go to now. */
export async function approvalNow(about: PersonAtApp, turn: Turn): Promise<ApprovalNow> {
  const policy = policyOf(about.integration);
  const { goesTo, whyNone } = await approverWords(about, turn);
  if (whyNone !== undefined) return { words: [[whyNone]], whyNone };
  const isTold = goesTo !== undefined && isUpToManager(policy);
  const isForOwn = about.person.id === turn.actor.id;
  const rule = isTold ? undefined : await approvalInWords(policy, turn.stores, isForOwn);
  return { words: compact([rule !== undefined && [rule], goesTo !== undefined && [goesTo]]) };
}

/** Who may grant it does that instead. */
export function unapproved(
  { person, integration }: PersonAtApp,
  why: string,
  { actor }: Turn,
): Card {
  const card = note(t`No one can approve ${integration.name} now`, why);
  if (!mayGrant(actor, person, integration)) return card;
  const does = grantAccess.with({ personId: person.id, integrationId: integration.id });
  return withButtons(card, { label: t`Grant…`, about: t`Grant: ${integration.name}`, does });
}

/** "Goes to Marco Ruiz" then says all of the policy that the form's own fields don't. */
const isUpToManager = (policy: Policy): boolean => {
  const { stages, cases } = routeOf(policy);
  const isManagers = ({ approvals, approvers }: Stage) =>
    approvals === 1 && approvers.every(({ kind }) => kind === 'manager');
  return cases.length === 0 && stages.length === 1 && stages.every(isManagers);
};

/** Whom the request goes to, by name, and why to them. Nothing where nobody has to approve it. */
async function approverWords(
  { person, integration }: PersonAtApp,
  { stores, now, installation, actor }: Turn,
): Promise<{ readonly goesTo?: string; readonly whyNone?: string }> {
  const { stages, cases } = routeOf(policyOf(integration));
  // With cases it depends on the answers, or on who is asked: the sentence above says so.
  if (stages.length === 0 || cases.length > 0) return {};
  const isOwn = person.id === actor.id;
  const request = { personId: person.id, requestedById: actor.id };
  const at = { now: now(), timeZone: installation.timeZone };
  const approvers = await approversNow({ request, integration }, stores, at);
  const { seats, whyAdmins } = approvers;
  if (approvers.state === 'stuck')
    return { whyNone: noApprovers(approvers, { requester: actor, person, integration }) };
  const names = someNames(
    seats.map(({ approver }) => fullName(approver)),
    NAMED,
  );
  if (names === '') return {};
  const isManagers = stages[0]?.approvers.every(({ kind }) => kind === 'manager');
  const goesTo =
    isOwn && isManagers && person.managerId === undefined
      ? t`Goes to ${names}, since you have no manager on record.`
      : sentences(t`Goes to ${names}.`, whyAdmins && whyAdminsWords(whyAdmins, isOwn));
  return { goesTo };
}

/** How many approvers are named. */
const NAMED = 3;
