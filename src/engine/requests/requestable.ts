/** Which apps can be requested for someone. */
import { manifestsOf } from '../integrations/manifest-of.ts';
import { type Integration, isManual, type Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { whyNotRequest } from './create-request.ts';

type Reading = Pick<Stores, 'integrations'>;

/** Those of them that can, in their order. */
export async function requestableOf(
  stores: Reading,
  person: Person,
  apps: readonly Integration[],
): Promise<readonly Integration[]> {
  const allowed = apps.filter((each) => whyNotRequest(person, each) === undefined);
  const manifests = await manifestsOf(stores, allowed);
  return allowed.filter((each) => isManual(each) || manifests.get(each.id)?.kind === 'provision');
}

export const isRequestable = async (
  stores: Reading,
  person: Person,
  integration: Integration,
): Promise<boolean> => (await requestableOf(stores, person, [integration])).length > 0;
