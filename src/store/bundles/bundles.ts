import type { Knex } from 'knex';
import { z } from 'zod';
import { fold, isSameName, keysOf, withSpellings } from '../../core/fold.ts';
import {
  type Bundle,
  type BundleVersion,
  bundleItem,
  searchTextOf,
} from '../../engine/bundles/bundle.ts';
import type { BundleRequest, RequestedItem } from '../../engine/bundles/bundle-request.ts';
import type { BundleRequestStore, BundleStore } from '../../engine/ports/bundle-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { jsonColumn, type RowOf, withoutNulls } from '../work/columns.ts';
import { findBy, findManyById } from '../work/find-by.ts';
import { insertRows } from '../work/insert-rows.ts';
import { namedRows } from '../work/named-rows.ts';
import { newestFirst } from '../work/newest-first.ts';
import { readable } from '../work/readable.ts';
import { actor, date, flag, json, number, optional, rowMapper, text } from '../work/row-mapper.ts';

type BundleRow = RowOf<typeof toRow>;

const items = z.array(bundleItem);

export const tagsColumn = jsonColumn('bundles.tags', z.array(z.string()));

export function createBundleStore(db: Knex, vault: Vault): BundleStore {
  const versions = () => db<VersionRow>('bundle_versions');
  const contents = sealedTexts(vault, sealedColumns.bundleVersion);

  const toVersionRow = async (version: BundleVersion) => ({
    ...toVersionColumns(version),
    content: await contents.sealJson(version, version.items),
  });
  type VersionRow = RowOf<typeof toVersionRow>;

  const toVersion = async (row: VersionRow): Promise<BundleVersion> => ({
    ...withoutItems(row),
    items: await contents.openJson(items, row),
  });

  return {
    async findByNames(names) {
      if (names.length === 0) return [];
      const keys = [...new Set(names.flatMap(keysOf))];
      const rows = await db<BundleRow>('bundles')
        .whereIn('folded_name', keys)
        .whereNull('deleted_at');
      return rows.filter((row) => names.some((name) => isSameName(row.name, name))).map(toBundle);
    },

    async insertVersion(version) {
      await versions().insert(await toVersionRow(version));
    },

    async deleteVersion(id) {
      await versions().where({ id }).delete();
    },

    findVersion: findBy('id', versions, toVersion),

    async findVersions(ids) {
      if (ids.length === 0) return [];
      return readable(await versions().whereIn('id', [...ids]), toVersion);
    },

    ...namedRows<Bundle, BundleRow>(db, {
      table: 'bundles',
      what: 'bundle',
      searched: 'search_text',
      toRow,
      fromRow: toBundle,
    }),
  };
}

const { toRow: toNamed, fromRow: toBundle } = rowMapper('bundles', {
  id: text,
  version: number,
  name: text,
  description: text,
  tags: json<readonly string[]>(tagsColumn, []),
  versionId: text,
  draftVersionId: optional(text),
  createdAt: date,
  deletedAt: optional(date),
});

const toRow = (bundle: Bundle) => ({
  ...toNamed(bundle),
  folded_name: fold(bundle.name),
  search_text: withSpellings(searchTextOf(bundle)),
});

const { toRow: toVersionColumns, fromRow: withoutItems } = rowMapper('bundle_versions', {
  id: text,
  bundleId: text,
  number,
  savedBy: actor,
  createdAt: date,
});

type RequestRow = RowOf<typeof toRequestRow>;

type ItemRow = RowOf<typeof toItemRow>;

export function createBundleRequestStore(db: Knex): BundleRequestStore {
  const requests = () => db<RequestRow>('bundle_requests');
  const requested = () => db<ItemRow>('bundle_request_items');
  const itemsOf = async (ids: readonly string[]): Promise<readonly RequestedItem[]> => {
    if (ids.length === 0) return [];
    const rows = await requested()
      .whereIn('bundle_request_id', [...ids])
      .orderBy('position');
    return rows.map(toItem);
  };
  const itemAt = ({
    bundleRequestId,
    integrationId,
  }: Pick<RequestedItem, 'bundleRequestId' | 'integrationId'>) =>
    requested().where({ bundle_request_id: bundleRequestId, integration_id: integrationId });

  return {
    async insert(request, its) {
      await requests().insert(toRequestRow(request));
      await insertRows(db, 'bundle_request_items', its.map(toItemRow));
    },

    find: findBy('id', requests, toRequest),

    findMany: findManyById(requests, toRequest),

    async hold(id) {
      await requests().where({ id }).first('id').forNoKeyUpdate(); // SQLite has one writer at a time anyway.
    },

    async of(personId, { offset, limit }) {
      const query = requests().where({ person_id: personId }).orderBy(newestFirst());
      return (await query.offset(offset).limit(limit)).map(toRequest);
    },

    items: (id) => itemsOf([id]),
    itemsOf,

    async saveItem(item) {
      await itemAt(item).update(toItemRow(item));
    },

    async noteBegun(item, { runId, taskId }) {
      await itemAt(item).update({ run_id: runId ?? null, task_id: taskId ?? null });
    },

    async begunBy({ runId, taskId }) {
      const by = runId === undefined ? 'task_id' : 'run_id';
      // In SQL: Knex would make the text of a query in a query each time.
      const rows = await requests().whereRaw(
        `id in (select bundle_request_id from bundle_request_items where ${by} = ?)`,
        [runId ?? taskId ?? ''],
      );
      return rows.map(toRequest);
    },
  };
}

const toRequestRow = ({ of, ...request }: BundleRequest) => ({
  ...toRequestColumns(request),
  bundle_id: of.kind === 'bundle' ? of.bundleId : null,
  version_id: of.kind === 'bundle' ? of.versionId : null,
  same_as_id: (of.kind === 'same-as' && of.personId) || null,
});

const toRequest = (row: RequestRow): BundleRequest => ({
  ...withoutOf(row),
  of:
    row.bundle_id !== null && row.version_id !== null
      ? { kind: 'bundle', bundleId: row.bundle_id, versionId: row.version_id }
      : { kind: 'same-as', ...withoutNulls({ personId: row.same_as_id }) },
});

const { toRow: toRequestColumns, fromRow: withoutOf } = rowMapper('bundle_requests', {
  id: text,
  personId: text,
  requestedById: text,
  createdAt: date,
});

const { toRow: toItemRow, fromRow: toItem } = rowMapper('bundle_request_items', {
  bundleRequestId: text,
  integrationId: text,
  position: number,
  requestId: optional(text),
  runId: optional(text),
  taskId: optional(text),
  had: flag,
  why: optional(text),
});
