/** Exceptions: what a rule gives, but not to this person. They are made where someone removes what a rule holds. */
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Cause } from '../access/removals/removal.ts';
import type { Actor, ChangedBy } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, personTopic, ruleTopic } from '../work/topics.ts';
import { notePeople } from './note-people.ts';
import type { RuleException } from './rule.ts';

/**
 * The access of this person is removed. Where someone decided that, rules that hold it get an exception; else they would give it
 * again. The caller holds the person, and ends the holds afterwards.
 */
export async function exceptFromRules(
  tx: Transaction,
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
  removing: {
    readonly cause: Pick<Cause, 'kind'>;
    readonly actor: Actor;
    readonly exception?: Pick<RuleException, 'reason' | 'endsAt'>;
  },
): Promise<void> {
  const said = await inWorkspaceLocale(tx, async () => reasonOf(removing.cause));
  if (said === undefined) return;
  const { reason = said, endsAt } = removing.exception ?? {};
  const { actor } = removing;
  const known = await tx.ruleExceptions.inEffect([personId], tx.now);
  for (const { ruleId, ruleItemId: itemId } of await tx.holds.openAt(personId, integrationId)) {
    if (ruleId === undefined || itemId === undefined) continue;
    if (known.some((each) => each.itemId === itemId && each.integrationId === integrationId))
      continue;
    await tx.ruleExceptions.insert({
      id: tx.newId(),
      personId,
      ruleId,
      itemId,
      integrationId,
      reason,
      madeBy: actor,
      createdAt: tx.now,
      endsAt,
    });
    const until = endsAt && { until: endsAt.toISOString() };
    const rule = (await tx.rules.find(ruleId))?.name ?? '';
    const detail = { rule, ruleId, ...until };
    await tx.audit('rule.exception', { actor, personId, integrationId, detail });
    await invalidate(tx, ruleTopic(ruleId));
  }
}

/** Undefined where nobody decided that this person should not have it. */
function reasonOf({ kind }: Pick<Cause, 'kind'>): string | undefined {
  switch (kind) {
    case 'revoked':
      return t`It was revoked.`;
    case 'review':
      return t`It was revoked in a review.`;
    case 'sequence':
      return t`A sequence revoked it.`;
    case 'expired':
    case 'stopped-grant':
    case 'integration-deleted':
    case 'offboarding':
    case 'left':
    case 'found':
      return undefined;
    default:
      return unreachable(kind);
  }
}

/** The rule gives it to them again, if they match. @returns false where it has ended before */
export async function endException(
  tx: Transaction,
  id: string,
  { actor }: ChangedBy,
): Promise<boolean> {
  const exception = await tx.ruleExceptions.find(id);
  if (!exception) return false;
  const { personId, integrationId, ruleId } = exception;
  await tx.people.hold(personId);
  await tx.ruleExceptions.delete(id);
  const rule = (await tx.rules.find(ruleId))?.name ?? '';
  const detail = { rule, ruleId };
  await tx.audit('rule.exception-ended', { actor, personId, integrationId, detail });
  await notePeople(tx, [personId]);
  await invalidate(tx, ruleTopic(ruleId), personTopic(personId));
  return true;
}
