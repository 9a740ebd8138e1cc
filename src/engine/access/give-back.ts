/** Giving back: someone ends their own access. No policy keeps them from it. */
import { t } from '../../core/translate.ts';
import type { AccessIds, Actor, Integration, Person } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { endRequest } from '../requests/create-request.ts';
import { type AccessRow, accessOf, mayBeGivenBack } from './access-overview.ts';
import { type Begun, beginRemoval } from './removals/begin-removal.ts';

/** More apps than a company has. */
const ALL = { offset: 0, limit: 10_000 };

/** What they have and can give back. */
export async function toGiveBack(stores: Stores, person: Person): Promise<readonly AccessRow[]> {
  const { rows } = await accessOf(stores, person, ALL);
  return rows.filter(mayBeGivenBack);
}

export type OwnAccess =
  | {
      readonly kind: 'held';
      readonly person: Person;
      readonly integration: Integration;
      readonly holds: AccessRow['holds'];
    }
  /** It is being granted to them: they can give it back when that has ended. */
  | { readonly kind: 'under-way' }
  /** They don't have it, or it is being removed already. */
  | { readonly kind: 'nothing' };

/** What someone has at one app and can give back, or why they can't. */
export async function ownAccessAt(
  stores: Stores,
  { personId, integrationId }: AccessIds,
): Promise<OwnAccess> {
  const person = await stores.people.find(personId);
  if (!person?.active) return { kind: 'nothing' };
  const row = (await toGiveBack(stores, person)).find(
    ({ integration }) => integration.id === integrationId,
  );
  if (row) return { kind: 'held', person, integration: row.integration, holds: row.holds };
  const run = await stores.runs.unfinished(personId, integrationId);
  return { kind: run?.kind === 'execute' ? 'under-way' : 'nothing' };
}

/**
 * Ends all their holds and begins the removal. A rule that holds it gets an exception without an end, so that it doesn't give
 * it again; admins see it at the rule and can end it. A request to keep it longer is withdrawn: approved, it would grant it again.
 * The caller has checked that it is their own.
 */
export async function giveBackAccess(
  tx: Transaction,
  given: { readonly person: Person; readonly integration: Integration; readonly actor: Actor },
): Promise<Begun> {
  const { person, integration, actor } = given;
  const reason = await inWorkspaceLocale(tx, async () => t`They gave it back.`);
  await tx.audit('access.given-back', {
    actor,
    personId: person.id,
    integrationId: integration.id,
  });
  const request = await tx.requests.openFor(person.id, integration.id);
  if (request?.state === 'open' && request.kind === 'extend')
    await endRequest(tx, request, { state: 'withdrawn', actor });
  return beginRemoval(tx, { ...given, cause: { kind: 'revoked' }, exception: { reason } });
}
