/** Removes all access of a person who has left. */
import { unreachable } from '../../../core/unreachable.ts';
import { manifestOf, provisionOf } from '../../integrations/manifest-of.ts';
import type { ProvisionManifest } from '../../manifest/schema.ts';
import {
  type Access,
  type Actor,
  type Integration,
  isManual,
  type Person,
} from '../../people/directory.ts';
import { missingFacts } from '../../people/needed-facts.ts';
import type { Stores, Transaction } from '../../ports/unit-of-work.ts';
import { hasReadableNames } from '../account.ts';
import { accountVariables, directoryFacts } from '../accounts.ts';
import type { Cause } from './removal.ts';
import { beginRemoval, mayBeThere } from './removals.ts';

/** The outcome at one integration. */
export interface RemovedAt {
  readonly integrationId: string;
  /** May have ended before. Left out: nothing was ever granted there, and Latchkey can't check. */
  readonly removalId?: string;
}

export async function removeAll(
  tx: Transaction,
  person: Person,
  by: { readonly cause: Pick<Cause, 'kind' | 'id'>; readonly actor: Actor },
): Promise<readonly RemovedAt[]> {
  const removed: RemovedAt[] = [];
  for (const integration of await tx.integrations.list()) {
    const integrationId = integration.id;
    const prospect = await prospectAt(tx, person, integration);
    switch (prospect.kind) {
      case 'none':
        break;
      case 'named':
        removed.push({ integrationId });
        break;
      case 'gone':
        removed.push({ integrationId, removalId: prospect.removalId });
        break;
      case 'removed':
      case 'asked': {
        const begun = await beginRemoval(tx, { ...by, person, integration });
        if (begun.kind !== 'nothing') removed.push({ integrationId, removalId: begun.removal.id });
        break;
      }
      default:
        unreachable(prospect);
    }
  }
  return removed;
}

/**
 * What happens at an integration when someone leaves. `removed`: a removal begins. `asked`: it begins too, only to check.
 * `gone`: it was removed before, and can't be checked again. `named`: nothing was granted and it can't be checked, so the
 * report only names it. `none`: the integration grants no access.
 */
type Prospect =
  | { readonly kind: 'removed' | 'asked' | 'named' | 'none' }
  | { readonly kind: 'gone'; readonly removalId: string };

async function prospectAt(tx: Stores, person: Person, integration: Integration): Promise<Prospect> {
  const whose = { personId: person.id, integrationId: integration.id };
  const may =
    (await mayBeThere(tx, whose)) ||
    (await tx.holds.openAt(person.id, integration.id)).length > 0 ||
    (await isUnderWay(tx, whose));
  if (may) return { kind: 'removed' };
  if (isManual(integration)) return { kind: 'none' };
  const manifest = await manifestOf(tx, integration);
  if (manifest && manifest.kind !== 'provision') return { kind: 'none' };
  if (manifest?.exists && (await canAskAbout(tx, person, manifest))) return { kind: 'asked' };
  const last = await tx.removals.latest(person.id, integration.id);
  if (last?.state === 'gone') return { kind: 'gone', removalId: last.id };
  return { kind: manifest?.exists ? 'asked' : 'named' };
}

/** Whether the facts that name the account are known. */
const canAskAbout = async (
  tx: Stores,
  person: Person,
  manifest: ProvisionManifest,
): Promise<boolean> =>
  missingFacts(
    manifest,
    'exists',
    accountVariables(person, await directoryFacts(tx, person, manifest)),
  ).length === 0;

async function isUnderWay(
  tx: Stores,
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
): Promise<boolean> {
  const runs = await tx.runs.unfinishedOf(personId);
  if (runs.some((run) => run.integrationId === integrationId && run.kind === 'execute'))
    return true;
  const { tasks } = await tx.tasks.list({ state: 'open', personId, integrationId }, ONE_PAGE);
  return tasks.some(({ kind }) => kind === 'grant');
}

/** One access has only a few open tasks. */
const ONE_PAGE = { offset: 0, limit: 100 };

/** What would be removed at one integration if the person left now. */
export interface FutureEnd {
  readonly integration: Integration;
  readonly access: Access | undefined;
  readonly hasExists: boolean;
  readonly how:
    | 'by-itself'
    | 'by-hand'
    /** No access is known: Latchkey checks the app on that day, and revokes only what it finds. */
    | 'asked'
    /** Nothing was granted, and Latchkey can't check: the report names it. */
    | 'named';
}

export async function whatWillEnd(stores: Stores, person: Person): Promise<readonly FutureEnd[]> {
  const ends: FutureEnd[] = [];
  for (const integration of await stores.integrations.list()) {
    const prospect = await prospectAt(stores, person, integration);
    if (prospect.kind === 'none' || prospect.kind === 'gone') continue;
    const provision = await provisionOf(stores, integration);
    ends.push({
      integration,
      access: await stores.access.find(person.id, integration.id),
      hasExists: provision?.exists !== undefined,
      how: await howItEnds(stores, { person, integration, prospect: prospect.kind, provision }),
    });
  }
  return ends;
}

/** How Revoke would remove one access. */
export async function howItIsRevoked(
  stores: Stores,
  person: Person,
  integration: Integration,
): Promise<'by-itself' | 'by-hand'> {
  const provision = await provisionOf(stores, integration);
  const how = await howItEnds(stores, { person, integration, prospect: 'removed', provision });
  return how === 'by-itself' ? how : 'by-hand';
}

interface Ending {
  readonly person: Person;
  readonly integration: Integration;
  readonly prospect: Exclude<Prospect['kind'], 'none' | 'gone'>;
  /** Undefined where the integration is manual or its manifest can't be read. */
  readonly provision: ProvisionManifest | undefined;
}

/** An account without the facts that name it can't be checked or revoked: a person has to look. */
async function howItEnds(
  stores: Stores,
  { person, integration, prospect, provision }: Ending,
): Promise<FutureEnd['how']> {
  if (prospect === 'named') return prospect;
  if (!provision) return 'by-hand';
  const open = await stores.accounts.openAt(person.id, integration.id);
  const accounts = open.length > 0 ? open : [await directoryFacts(stores, person, provision)];
  const isKnown = (part: 'exists' | 'revoke'): boolean =>
    accounts.every(
      (each) =>
        hasReadableNames(each) &&
        missingFacts(provision, part, accountVariables(person, each)).length === 0,
    );
  if (prospect === 'asked' && isKnown('exists')) return prospect;
  return provision.revoke.length > 0 && isKnown('revoke') ? 'by-itself' : 'by-hand';
}
