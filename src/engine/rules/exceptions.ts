/** Exceptions: what a rule gives, but not to this person. They are made where someone removes what a rule holds. */
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { isOfRule } from '../access/hold.ts';
import type { Cause } from '../access/removals/removal.ts';
import type { Actor, ChangedBy, Person } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { invalidate, personTopic, ruleTopic } from '../work/topics.ts';
import { type At, exceptionKey, givenTo, loadRules } from './load-rules.ts';
import { notePeople } from './note-people.ts';
import type { RuleException } from './rule.ts';

interface AccessOf {
  readonly person: Person;
  readonly integrationId: string;
}

type OfRule = Pick<RuleException, 'ruleId' | 'itemId'>;

/**
 * Rules that hold this access, and rules that give it: what they granted may have failed, or is still to come. Each once, and none
 * that has an exception already.
 */
export async function rulesBehind(
  stores: Stores,
  { person, integrationId }: AccessOf,
  at: At,
): Promise<readonly OfRule[]> {
  const [loaded, holds, exceptions] = await together([
    loadRules(stores, at),
    stores.holds.openAt(person.id, integrationId),
    stores.ruleExceptions.inEffect([person.id], at.now),
  ]);
  const given = (await givenTo(stores, [person], loaded)).get(person.id) ?? [];
  const all = [
    ...holds.filter(isOfRule).map(({ ruleId, ruleItemId: itemId }) => ({ ruleId, itemId })),
    ...given
      .filter(({ item }) => item.integrationId === integrationId)
      .map(({ rule, item }) => ({ ruleId: rule.id, itemId: item.id })),
  ];
  const excepted = new Set(exceptions.map(exceptionKey));
  const byRule = new Map(all.map((each) => [each.ruleId, each]));
  return [...byRule.values()].filter(
    ({ ruleId }) => !excepted.has(exceptionKey({ ruleId, integrationId })),
  );
}

/**
 * The access of this person is removed. Where someone decided that, rules behind it get an exception; else they would give it
 * again. The caller holds the person, and ends the holds afterwards.
 */
export async function exceptFromRules(
  tx: Transaction,
  { person, integrationId }: AccessOf,
  removing: {
    readonly cause: Pick<Cause, 'kind'>;
    readonly actor: Actor;
    readonly exception?: Pick<RuleException, 'reason' | 'endsAt'>;
  },
): Promise<void> {
  const sayWhy = reasonOf(removing.cause);
  if (!sayWhy) return;
  const said = await inWorkspaceLocale(tx, async () => sayWhy());
  const { reason = said, endsAt } = removing.exception ?? {};
  const { actor } = removing;
  const { id: personId } = person;
  for (const { ruleId, itemId } of await rulesBehind(tx, { person, integrationId }, tx)) {
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
function reasonOf({ kind }: Pick<Cause, 'kind'>): (() => string) | undefined {
  switch (kind) {
    case 'revoked':
      return () => t`It was revoked.`;
    case 'review':
      return () => t`It was revoked in a review.`;
    case 'sequence':
      return () => t`A sequence revoked it.`;
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
  const found = await tx.ruleExceptions.find(id);
  if (!found) return false;
  await tx.people.hold(found.personId);
  const exception = await tx.ruleExceptions.find(id); // Another admin may have ended it while this one waited.
  if (!exception) return false;
  const { personId, integrationId, ruleId } = exception;
  await tx.ruleExceptions.delete(id);
  // Versions up to 0.2 made one for each item.
  for (const each of await tx.ruleExceptions.inEffect([personId], tx.now))
    if (exceptionKey(each) === exceptionKey(exception)) await tx.ruleExceptions.delete(each.id);
  const rule = (await tx.rules.find(ruleId))?.name ?? '';
  const detail = { rule, ruleId };
  await tx.audit('rule.exception-ended', { actor, personId, integrationId, detail });
  await notePeople(tx, [personId]);
  await invalidate(tx, ruleTopic(ruleId), personTopic(personId));
  return true;
}
