/**
 * What others still have of someone who had left: whose manager they are, what they approve, for whom they stand in. Whoever
 * has their address by now may be someone else, so none of it is theirs without an admin's saying.
 */
import { changeSettings } from '../change-integration.ts';
import type { Actor, Integration, Person } from '../directory.ts';
import { inWorkspaceLocale } from '../locales.ts';
import { fieldNames } from '../person-details.ts';
import type { Clock, NewId } from '../ports/time-and-chance.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { queueLookOver } from '../queue-look-over.ts';
import { type IntegrationSettings, policyOf } from '../settings.ts';
import { homeSubject, personSubject, touch } from '../subjects.ts';

export interface DutyDeps {
  readonly now: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}

/** They stand in for nobody any more, and nobody stands in for them. */
export async function endDelegations(tx: Transaction, personId: string): Promise<void> {
  await tx.delegations.delete(personId);
  for (const each of await tx.delegations.to(personId)) await tx.delegations.delete(each.personId);
}

/** For an address that is given again. */
export async function endFormerDuties(
  tx: Transaction,
  { id }: Pick<Person, 'id'>,
  deps: DutyDeps,
): Promise<void> {
  await endDelegations(tx, id); // Who left before delegations ended with that may have one still.
  for (const report of await tx.people.reportsOf(id)) await withoutManager(tx, report, deps);
  for (const integration of await tx.integrations.list()) {
    const change = settingsWithout(integration, id);
    if (change) await changeSettings(tx, integration, change, deps);
  }
}

async function withoutManager(
  tx: Transaction,
  report: Person,
  { now, newId, actor }: DutyDeps,
): Promise<void> {
  const { managerId: _, ...rest } = report;
  await tx.people.save(rest);
  const fields = await inWorkspaceLocale(tx, async () => fieldNames(['managerEmail']));
  await tx.audit.add({
    id: newId(),
    at: now(),
    actor,
    what: 'person.changed',
    personId: report.id,
    detail: { fields },
  });
  await queueLookOver(tx.queue, { personId: report.id });
  await touch(tx, personSubject(report.id), homeSubject(report.id));
}

/** Undefined where the integration doesn't name them. Where nobody else is named, admins approve. */
function settingsWithout(integration: Integration, id: string): IntegrationSettings | undefined {
  const policy = policyOf(integration);
  const { approvers } = policy;
  const isApprover = approvers.kind === 'people' && approvers.personIds.includes(id);
  const assignee = integration.settings?.assignee;
  const isAssignee = assignee?.kind === 'person' && assignee.personId === id;
  if (!isApprover && !isAssignee) return undefined;
  const others = isApprover ? approvers.personIds.filter((each) => each !== id) : [];
  return {
    ...(isApprover && {
      policy: {
        ...policy,
        approvers: others.length > 0 ? { kind: 'people', personIds: others } : { kind: 'admins' },
      },
    }),
    ...(isAssignee && { assignee: undefined }),
  };
}
