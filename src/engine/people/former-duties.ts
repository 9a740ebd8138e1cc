/**
 * Duties of someone who left: whose manager, buddy or delegate they are, what they approve, which tasks they do. Their address
 * may belong to another person now. That person gets none of these duties unless an admin assigns them.
 */
import { changeSettings } from '../integrations/change-integration.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { noteChange } from '../sequences/changing.ts';
import type { SequenceItem } from '../sequences/sequence.ts';
import { type IntegrationSettings, policyOf } from '../settings/settings.ts';
import type { ChangedBy, Integration, Person } from './directory.ts';
import { auditFields, personChanged } from './person-changed.ts';
import type { PersonField } from './person-details.ts';

/** Ends delegations from and to them. */
export async function endDelegations(tx: Transaction, personId: string): Promise<void> {
  await tx.delegations.delete(personId);
  for (const each of await tx.delegations.to(personId)) await tx.delegations.delete(each.personId);
}

/** For an address that is added again. */
export async function endFormerDuties(
  tx: Transaction,
  { id }: Pick<Person, 'id'>,
  deps: ChangedBy,
): Promise<void> {
  await endDelegations(tx, id); // Older versions kept delegations when someone left.
  for (const each of await tx.people.whoNames(id)) await withoutThem(tx, each, { ...deps, id });
  for (const item of await tx.sequences.tasksOf(id)) await withoutAssignee(tx, item, deps);
  for (const integration of await tx.integrations.list()) {
    const change = settingsWithout(integration, id);
    if (change) await changeSettings(tx, integration, { ...deps, change });
  }
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
