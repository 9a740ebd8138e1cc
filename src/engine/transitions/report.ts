/**
 * One person's whole change in one shape, whether they join, move or leave: an integration a row, and what becomes of it. Cards
 * and files are made from it.
 */
import { compareNames } from '../../core/translate.ts';
import { type AccessRow, accessOf } from '../access/access-overview.ts';
import { isOpenRemoval, type Removal } from '../access/removals/removal.ts';
import type { Offboarding } from '../offboarding/offboarding.ts';
import type { Integration, Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { ItemPart, Transition, TransitionItem } from './transition.ts';

export interface ReportRow {
  readonly part: ItemPart;
  readonly integrationId: string;
  /** Undefined for one that was deleted. */
  readonly integration: Integration | undefined;
  /** Of what is lost. Left out: it has not begun, or nothing was ever granted there and the app can't be checked. */
  readonly removal?: Removal | undefined;
  /** As it is now; left out of a change that is over, and of a leaver's. */
  readonly now?: AccessRow | undefined;
  /** Left out of a leaver's, and of what simply stays. */
  readonly item?: TransitionItem;
}

/** More integrations than a company has. */
const ALL = { offset: 0, limit: 10_000 };

/** What is lost comes first, then what is gained, then what stays; by name. */
export async function reportOf(
  stores: Stores,
  { id, state, kind }: Transition,
  person: Person,
): Promise<readonly ReportRow[]> {
  const items = await stores.transitions.items(id);
  const removals = await stores.removals.findMany(
    items.flatMap(({ removalId }) => removalId ?? []),
  );
  const integrations = await stores.integrations.findMany(
    items.map(({ integrationId }) => integrationId),
  );
  const access = state === 'open' ? (await accessOf(stores, person, ALL)).rows : [];
  const rows = items.map(
    (item): ReportRow => ({
      part: item.part,
      integrationId: item.integrationId,
      integration: integrations.find((each) => each.id === item.integrationId),
      removal: removals.find((each) => each.id === item.removalId),
      now: access.find(({ integration }) => integration.id === item.integrationId),
      item,
    }),
  );
  const listed = new Set(items.map(({ integrationId }) => integrationId));
  const staying = access
    .filter((row) => !listed.has(row.integration.id) && stays(row) && kind !== 'joiner')
    .map((now): ReportRow => {
      const { integration } = now;
      return { part: 'keeps', integrationId: integration.id, integration, now };
    });
  return [...rows, ...staying].toSorted(
    (a, b) =>
      parts.indexOf(a.part) - parts.indexOf(b.part) ||
      compareNames(a.integration?.name ?? '', b.integration?.name ?? ''),
  );
}

const parts: readonly ItemPart[] = ['loses', 'gains', 'keeps'];

/** A hold remains, and the app did not say that there is nothing. */
const stays = ({ holds, access, removal }: AccessRow): boolean =>
  holds.length > 0 && removal === undefined && access !== undefined && access.state !== 'none';

/** A leaver loses everything. What still needs someone comes first. */
export async function leaverReport(
  stores: Stores,
  { id }: Offboarding,
): Promise<readonly ReportRow[]> {
  const items = await stores.offboardings.items(id);
  const [removals, integrations] = await Promise.all([
    stores.removals.findMany(items.flatMap(({ removalId }) => removalId ?? [])),
    stores.integrations.findMany(items.map(({ integrationId }) => integrationId)),
  ]);
  const rows = items.map(
    ({ integrationId, removalId }): ReportRow => ({
      part: 'loses',
      integrationId,
      integration: integrations.find((each) => each.id === integrationId),
      removal: removals.find((each) => each.id === removalId),
    }),
  );
  return rows.toSorted(
    (a, b) =>
      rank(a) - rank(b) || compareNames(a.integration?.name ?? '', b.integration?.name ?? ''),
  );
}

const order: readonly Removal['state'][] = [
  'stuck',
  'by-hand',
  'waiting',
  'revoking',
  'checking',
  'withdrawn',
  'gone',
];
const rank = ({ removal }: ReportRow): number =>
  removal ? order.indexOf(removal.state) : order.length;

/** Whether someone may still decide when it ends: a hold is left, and no removal has begun. */
export const isStillHeld = ({ part, now, removal }: ReportRow): boolean =>
  part === 'loses' &&
  now !== undefined &&
  now.holds.length > 0 &&
  now.removal === undefined &&
  !(removal && isOpenRemoval(removal));
