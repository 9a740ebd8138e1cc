/** Removes all access of a person who has left. */
import { together } from '../../../core/together.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { manifestIn, provisionOf } from '../../integrations/manifest-of.ts';
import type { Manifest, ProvisionManifest } from '../../manifest/schema.ts';
import {
  type Access,
  type Actor,
  type Integration,
  isManual,
  type Person,
} from '../../people/directory.ts';
import { missingFacts } from '../../people/needed-facts.ts';
import type { Stores, Transaction } from '../../ports/unit-of-work.ts';
import { type Account, hasReadableNames } from '../account.ts';
import { type AccountFacts, accountVariables, directoryFactsOf } from '../accounts.ts';
import { beginRemoval, beginUnknown } from './begin-removal.ts';
import { type Cause, isOpenRemoval, isProvenGone, type Removal } from './removal.ts';

/** The outcome at one integration. */
export interface RemovedAt {
  readonly integrationId: string;
  /** May have ended before. Left out: nothing was ever granted there, and Latchkey can't check. */
  readonly removalId?: string;
}

/** The caller holds the person. */
export async function removeAll(
  tx: Transaction,
  person: Person,
  by: { readonly cause: Pick<Cause, 'kind' | 'id'>; readonly actor: Actor },
): Promise<readonly RemovedAt[]> {
  const removed: RemovedAt[] = [];
  const known = await everywhere(tx, person);
  for (const integration of known.integrations) {
    const integrationId = integration.id;
    const prospect = prospectAt(known, integration);
    switch (prospect.kind) {
      case 'none':
        break;
      case 'named':
        removed.push({ integrationId });
        break;
      case 'gone':
        removed.push({ integrationId, removalId: prospect.removalId });
        break;
      case 'asked': {
        const { id } = await beginUnknown(tx, { ...by, person, integration });
        removed.push({ integrationId, removalId: id });
        break;
      }
      case 'removed': {
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

function prospectAt(known: Everywhere, integration: Integration): Prospect {
  const { id } = integration;
  const access = known.access.get(id);
  const last = known.lastRemovals.get(id);
  const may =
    (access && access.state !== 'none') ||
    (last !== undefined && isOpenRemoval(last)) || // By hand, say, of what nobody granted here: leaving joins it.
    known.accountsAt(id).length > 0 ||
    known.held.has(id) ||
    known.underWay.has(id);
  if (may) return { kind: 'removed' };
  if (isManual(integration)) return { kind: 'none' };
  const manifest = known.manifestOf(integration);
  if (manifest && manifest.kind !== 'provision') return { kind: 'none' };
  if (manifest?.exists && canAskAbout(known, manifest)) return { kind: 'asked' };
  if (isProvenGone(last)) return { kind: 'gone', removalId: last.id };
  return { kind: manifest?.exists ? 'asked' : 'named' };
}

/** Whether the facts that name the account are known. */
const canAskAbout = ({ person, factsFor }: Everywhere, manifest: ProvisionManifest): boolean =>
  missingFacts(manifest, 'exists', accountVariables(person, factsFor(manifest))).length === 0;

/** What is known of a person at every integration: read at once, since a company has hundreds. */
interface Everywhere {
  readonly person: Person;
  readonly integrations: readonly Integration[];
  /** By the integration's id. */
  readonly access: ReadonlyMap<string, Access>;
  /** Integrations with an open hold. */
  readonly held: ReadonlySet<string>;
  /** Integrations with a grant under way. */
  readonly underWay: ReadonlySet<string>;
  /** The removal that began last, in any state; by the integration's id. */
  readonly lastRemovals: ReadonlyMap<string, Removal>;
  /** Without a proof of removal. */
  readonly accountsAt: (integrationId: string) => readonly Account[];
  readonly manifestOf: (integration: Integration) => Manifest | undefined;
  readonly factsFor: (manifest: Manifest) => AccountFacts;
}

async function everywhere(tx: Stores, person: Person): Promise<Everywhere> {
  const { id: personId } = person;
  const [integrations, access, accounts, holds, runs, { tasks }, last, factsFor] = await together([
    tx.integrations.list(),
    tx.access.forPerson(personId),
    tx.accounts.openOf(personId),
    tx.holds.openOf(personId),
    tx.runs.unfinishedOf(personId),
    tx.tasks.list({ state: 'open', kind: 'grant', personId }, ALL),
    tx.removals.latestOf(personId),
    directoryFactsOf(tx, person),
  ]);
  const versionIds = integrations.flatMap(({ manifestVersionId }) => manifestVersionId ?? []);
  const versions = await tx.integrations.findVersions(versionIds);
  const byId = new Map(versions.map((version) => [version.id, version]));
  const granting = [...runs.filter(({ kind }) => kind === 'execute'), ...tasks];
  return {
    person,
    integrations,
    access: new Map(access.map((each) => [each.integrationId, each])),
    held: new Set(holds.map(({ integrationId }) => integrationId)),
    lastRemovals: new Map(last.map((each) => [each.integrationId, each])),
    underWay: new Set(granting.flatMap(({ integrationId }) => integrationId ?? [])),
    accountsAt: (integrationId) => accounts.filter((each) => each.integrationId === integrationId),
    manifestOf: ({ manifestVersionId }) => manifestIn(byId.get(manifestVersionId ?? '')),
    factsFor,
  };
}

/** Each app has one such task at most, and a company has fewer apps. */
const ALL = { offset: 0, limit: 10_000 };

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
  const known = await everywhere(stores, person);
  for (const integration of known.integrations) {
    const prospect = prospectAt(known, integration);
    if (prospect.kind === 'none' || prospect.kind === 'gone') continue;
    const manifest = known.manifestOf(integration);
    const provision = manifest?.kind === 'provision' ? manifest : undefined;
    const open = known.accountsAt(integration.id);
    ends.push({
      integration,
      access: known.access.get(integration.id),
      hasExists: provision?.exists !== undefined,
      how: howItEnds({
        person,
        prospect: prospect.kind,
        provision,
        open,
        factsFor: known.factsFor,
      }),
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
  const [provision, open, factsFor] = [
    await provisionOf(stores, integration),
    await stores.accounts.openAt(person.id, integration.id),
    await directoryFactsOf(stores, person),
  ];
  const how = howItEnds({ person, prospect: 'removed', provision, open, factsFor });
  return how === 'by-itself' ? how : 'by-hand';
}

interface Ending {
  readonly person: Person;
  readonly prospect: Exclude<Prospect['kind'], 'none' | 'gone'>;
  /** Undefined where the integration is manual or its manifest can't be read. */
  readonly provision: ProvisionManifest | undefined;
  /** Accounts there without a proof of removal. */
  readonly open: readonly Account[];
  readonly factsFor: Everywhere['factsFor'];
}

/** An account without the facts that name it can't be checked or revoked: a person has to look. */
function howItEnds({ person, prospect, provision, open, factsFor }: Ending): FutureEnd['how'] {
  if (prospect === 'named') return prospect;
  if (!provision) return 'by-hand';
  const accounts = open.length > 0 ? open : [factsFor(provision)];
  const isKnown = (part: 'exists' | 'revoke'): boolean =>
    accounts.every(
      (each) =>
        hasReadableNames(each) &&
        missingFacts(provision, part, accountVariables(person, each)).length === 0,
    );
  if (prospect === 'asked' && isKnown('exists')) return prospect;
  return provision.revoke.length > 0 && isKnown('revoke') ? 'by-itself' : 'by-hand';
}
