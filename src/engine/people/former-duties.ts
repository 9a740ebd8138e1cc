/**
 * Duties of someone who left: whose manager, buddy or delegate they are, what they approve, which tasks they do. Their address
 * may belong to another person now. That person gets none of these duties unless an admin assigns them.
 */
import { compact } from '../../core/compact.ts';
import { changeSettings } from '../integrations/change-integration.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type AccessRequest, aboutRequest } from '../requests/access-request.ts';
import type { Campaign } from '../reviews/campaign.ts';
import type { Review, ReviewSettings } from '../reviews/review.ts';
import { noteChange } from '../sequences/changing.ts';
import type { SequenceItem } from '../sequences/sequence.ts';
import type { RequestRoute, Route, Stage, StageApprovers } from '../settings/route.ts';
import { type IntegrationSettings, policyOf, settingsOf } from '../settings/settings.ts';
import { leaveTasks } from '../tasks/manual.ts';
import { changeOf } from '../work/audit-details.ts';
import { campaignTopic, delegationTopic, invalidate } from '../work/topics.ts';
import type { ChangedBy, Integration, Person } from './directory.ts';
import { auditFields, personChanged } from './person-changed.ts';
import type { PersonField } from './person-details.ts';

export async function endDelegations(
  tx: Transaction,
  personId: string,
  { actor }: ChangedBy,
): Promise<void> {
  const own = await tx.delegations.of(personId);
  for (const each of compact([own, ...(await tx.delegations.to(personId))])) {
    if (!(await tx.delegations.delete(each))) continue;
    await invalidate(tx, delegationTopic(each.personId));
    const detail = { delegateId: each.delegateId };
    await tx.audit('delegation.ended', { actor, personId: each.personId, detail });
  }
}

/** For an address that is added again. */
export async function endFormerDuties(
  tx: Transaction,
  { id }: Pick<Person, 'id'>,
  deps: ChangedBy,
): Promise<void> {
  await endDelegations(tx, id, deps); // Older versions kept delegations when someone left.
  for (const each of await tx.people.whoNames(id)) await withoutThem(tx, each, { ...deps, id });
  for (const item of await tx.sequences.tasksOf(id)) await withoutAssignee(tx, item, deps);
  for (const listed of await tx.integrations.list()) {
    if (!settingsWithout(listed, id)) continue;
    // Held, then read: an admin may be changing them now.
    const integration = await tx.integrations.hold(listed.id, 'alone');
    const change = integration && settingsWithout(integration, id);
    if (change) await changeSettings(tx, integration, { ...deps, change });
  }
  await leaveOpenRequests(tx, id, deps);
  await leaveReviews(tx, id, deps);
  await leaveTasks(tx, id);
}

/** Reviews and campaigns that name them: a named reviewer sees and revokes the access of others. */
async function leaveReviews(tx: Transaction, id: string, deps: ChangedBy): Promise<void> {
  for (const review of await tx.reviews.open())
    if (review.reviewerIds.includes(id))
      await noteReviewers(tx, review, {
        ...deps,
        saved: await tx.reviews.save({ ...review, ...askingWithout(review, id) }),
      });
  const AT_ONCE = 100;
  for (let offset = 0; ; offset += AT_ONCE) {
    const { campaigns } = await tx.campaigns.list({ offset, limit: AT_ONCE });
    for (const campaign of campaigns)
      if (campaign.reviewerIds.includes(id))
        await noteCampaign(tx, campaign, {
          ...deps,
          saved: await tx.campaigns.save({ ...campaign, ...askingWithout(campaign, id) }),
        });
    if (campaigns.length < AT_ONCE) return;
  }
}

const reviewersOf = (before: ReviewSettings, saved: ReviewSettings) => {
  const said = ({ reviewers, reviewerIds }: ReviewSettings) => ({
    reviewers,
    reviewerIds: reviewerIds.join(', '),
  });
  return changeOf(said(before), said(saved));
};

async function noteReviewers(
  tx: Transaction,
  before: Review,
  { saved, actor }: ChangedBy & { readonly saved: Review },
): Promise<void> {
  const detail = { reviewId: saved.id, ...reviewersOf(before, saved) };
  await tx.audit('review.reviewer-left', { actor, detail });
}

async function noteCampaign(
  tx: Transaction,
  before: Campaign,
  { saved, actor }: ChangedBy & { readonly saved: Campaign },
): Promise<void> {
  const { id: campaignId, name } = saved;
  const detail = { campaignId, name, ...reviewersOf(before, saved) };
  await tx.audit('review-campaign.changed', { actor, detail });
  await invalidate(tx, campaignTopic(campaignId));
}

/** Where nobody is named any more, managers review: they would have been asked next. */
function askingWithout({ reviewers, reviewerIds }: ReviewSettings, id: string) {
  const others = reviewerIds.filter((each) => each !== id);
  return { reviewers: others.length > 0 ? reviewers : 'managers', reviewerIds: others } as const;
}

/** Open requests keep the stages that they were made under, but not this person in them. */
async function leaveOpenRequests(tx: Transaction, id: string, { actor }: ChangedBy): Promise<void> {
  const AT_ONCE = 100;
  const theirs = { state: 'open', routeHas: id } as const;
  const named: AccessRequest[] = [];
  for (let offset = 0; offset === named.length; offset += AT_ONCE)
    named.push(...(await tx.requests.list(theirs, { offset, limit: AT_ONCE })).requests);
  for (const request of named) {
    const { route } = request;
    if (!route || route === 'unread') continue;
    const without: RequestRoute =
      route.kind === 'checking'
        ? { ...route, route: routeWithout(route.route, id) }
        : { ...route, stages: route.stages.map((stage) => stageWithout(stage, id)) };
    const saved = await tx.requests.save({ ...request, route: without });
    await tx.audit('request.approver-left', aboutRequest(saved, actor, { approverId: id }));
  }
}

const routeWithout = ({ cases, stages }: Route, id: string): Route => ({
  cases: cases.map((each) => ({
    ...each,
    stages: each.stages.map((stage) => stageWithout(stage, id)),
  })),
  stages: stages.map((stage) => stageWithout(stage, id)),
});

/** If they were its only approver, admins approve. */
function stageWithout(stage: Stage, id: string): Stage {
  const approvers = stage.approvers.flatMap((each): StageApprovers[] => {
    if (each.kind !== 'people') return [each];
    const personIds = each.personIds.filter((personId) => personId !== id);
    return personIds.length > 0 ? [{ ...each, personIds }] : [];
  });
  return { ...stage, approvers: approvers.length > 0 ? approvers : [{ kind: 'admins' }] };
}

/** Also for people who have left: when they come back, they must not report to a stranger. */
async function withoutThem(
  tx: Transaction,
  person: Person,
  { id, ...deps }: ChangedBy & { readonly id: string },
): Promise<void> {
  const { managerId, buddyId } = person;
  const saved = await tx.people.save({
    ...person,
    managerId: managerId === id ? undefined : managerId,
    buddyId: buddyId === id ? undefined : buddyId,
  });
  const changed: PersonField[] = [];
  if (managerId === id) changed.push('managerEmail');
  if (buddyId === id) changed.push('buddyEmail');
  await auditFields(tx, saved, { ...deps, fields: changed });
  await personChanged(tx, { before: person, person: saved }, deps);
}

/** From then on any admin may do the task. */
async function withoutAssignee(
  tx: Transaction,
  item: SequenceItem,
  deps: ChangedBy,
): Promise<void> {
  const { does } = item;
  if (does.kind !== 'task') return;
  await tx.sequences.saveItem({ ...item, does: { ...does, assignee: { kind: 'admins' } } });
  const sequence = await tx.sequences.find(item.sequenceId);
  if (sequence) await noteChange(tx, sequence, { ...deps, detail: { changed: does.kind } });
}

/** Undefined if the integration doesn't name them. If they were the only approver, admins approve. */
function settingsWithout(integration: Integration, id: string): IntegrationSettings | undefined {
  const policy = policyOf(integration);
  const { approvers } = policy;
  const { assignee, routeDraft, ownerIds } = settingsOf(integration);
  const isApprover = approvers.kind === 'people' && approvers.personIds.includes(id);
  const isAssignee = assignee?.kind === 'person' && assignee.personId === id;
  const isInRoute = JSON.stringify([policy.route, routeDraft]).includes(id);
  const isOwner = ownerIds?.includes(id) ?? false;
  if (!isApprover && !isAssignee && !isInRoute && !isOwner) return undefined;
  const others = isApprover ? approvers.personIds.filter((each) => each !== id) : [];
  return {
    ...(isApprover && {
      policy: {
        ...policy,
        approvers: others.length > 0 ? { kind: 'people', personIds: others } : { kind: 'admins' },
      },
    }),
    ...(isInRoute && {
      ...(policy.route && { policy: { ...policy, route: routeWithout(policy.route, id) } }),
      ...(routeDraft && { routeDraft: routeWithout(routeDraft, id) }),
    }),
    ...(isOwner && { ownerIds: ownerIds?.filter((each) => each !== id) }),
    ...(isAssignee && { assignee: undefined }),
  };
}
