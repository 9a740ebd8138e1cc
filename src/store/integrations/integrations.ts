import type { Knex } from 'knex';
import { z } from 'zod';
import { calledSo, fold, isSameName, keysOf } from '../../core/fold.ts';
import { frozen } from '../../core/frozen.ts';
import { onceForText } from '../../core/once-for.ts';
import type { Integration } from '../../engine/people/directory.ts';
import type { IntegrationStore } from '../../engine/ports/integration-stores.ts';
import { route } from '../../engine/settings/route.ts';
import { type IntegrationSettings, integrationSettings } from '../../engine/settings/settings.ts';
import type { Unread } from '../../engine/work/unread.ts';
import { holdLock } from '../advisory-locks.ts';
import { dialectOf } from '../database.ts';
import { withOthers } from '../together-internals.ts';
import { jsonColumn, type RowOf, readColumnOr } from '../work/columns.ts';
import { readLength, writeLength } from '../work/length.ts';
import { lookUp } from '../work/look-up.ts';
import { actor, date, flag, number, optional, rowMapper, text } from '../work/row-mapper.ts';
import { versionedRows } from '../work/versioned-rows.ts';

type IntegrationRow = RowOf<typeof toRow>;

type ManifestVersionRow = RowOf<typeof toVersionRow>;

export function createIntegrationStore(db: Knex): IntegrationStore {
  const integrations = () => db<IntegrationRow>('integrations');
  const versions = () => db<ManifestVersionRow>('manifest_versions');

  return {
    async findMany(ids) {
      const at = { table: 'integrations', column: 'id' };
      return (await lookUp<IntegrationRow>(db, at, ids)).map(toIntegration);
    },

    async hold(id, how) {
      const wanted = integrations().where({ id }).first();
      // SQLite has one writer at a time, so there is nothing to lock.
      const row = await (how === 'alone' ? wanted.forNoKeyUpdate() : wanted.forShare());
      return row && toIntegration(row);
    },

    async holdMany(ids) {
      return (await integrations().whereIn('id', ids).orderBy('id').forShare()).map(toIntegration);
    },

    async holdBeside(id) {
      const row = await withOthers(integrations().where({ id }).first().forShare());
      return row && toIntegration(row);
    },

    async lockOwnedFields() {
      await holdLock(db, 'ownedFields');
    },

    async findByName(name) {
      const rows = await integrations().whereIn('name_key', keysOf(name)).whereNull('deleted_at');
      const row = calledSo(rows, name);
      return row && toIntegration(row);
    },

    async findByNames(names) {
      const at = { table: 'integrations', column: 'name_key' };
      const rows = await lookUp<IntegrationRow>(db, at, [...new Set(names.flatMap(keysOf))]);
      return rows
        .filter(
          (row) => row.deleted_at === null && names.some((name) => isSameName(row.name, name)),
        )
        .map(toIntegration);
    },

    async namesStartingWith(letter) {
      const rows = await integrations()
        .where((where) => beginsWith(db, where, fold(letter)))
        .whereNull('deleted_at')
        .orderBy('name_key')
        .limit(MAX_OF_A_LETTER)
        .select('id', 'name_key');
      return new Map(rows.map((row) => [row.name_key, row.id]));
    },

    async list() {
      const rows = await integrations().whereNull('deleted_at').orderBy('name_key');
      return rows.map(toIntegration);
    },

    async deletedWithSecrets() {
      const kept = (table: string) =>
        db(table).whereRaw('?? = ??', [`${table}.integration_id`, 'integrations.id']);
      const rows = await integrations()
        .whereNotNull('deleted_at')
        .where((where) => where.whereExists(kept('secrets')).orWhereExists(kept('oauth_tokens')))
        .orderBy('id');
      return rows.map(toIntegration);
    },

    async findVersion(id) {
      if (id === undefined) return undefined;
      const row = await versions().where({ id }).first();
      return row && toVersion(row);
    },

    async findVersions(ids) {
      const at = { table: 'manifest_versions', column: 'id' };
      return (await lookUp<ManifestVersionRow>(db, at, ids)).map(toVersion);
    },

    async versions(integrationId) {
      const rows = await versions()
        .where({ integration_id: integrationId })
        .orderBy('number', 'desc');
      return rows.map(toVersion);
    },

    async insertVersion(version) {
      await versions().insert(toVersionRow(version));
    },

    ...versionedRows(integrations, 'integration', { toRow, fromRow: toIntegration }),
  };
}

/** PostgreSQL sorts by its locale, where no text is known to follow all that begin with a letter; there it reads the names. */
function beginsWith(db: Knex, where: Knex.QueryBuilder, key: string): void {
  if (dialectOf(db) === 'sqlite') where.whereBetween('name_key', [key, `${key}\u{10ffff}`]);
  else where.whereRaw('starts_with(name_key, ?)', [key]);
}

/** More than a company has, even where all begin with one word. */
const MAX_OF_A_LETTER = 5000;

const nameKey = (name: string): string => fold(name.trim());

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('integrations', {
  id: text,
  version: number,
  name: text,
  icon: optional(text),
  enabled: flag,
  manifestVersionId: optional(text),
  createdAt: date,
  deletingSince: optional(date),
  deletedAt: optional(date),
});

const toIntegration = (row: IntegrationRow): Integration => ({
  ...fromColumns(row),
  ...((row.settings !== null || row.approval !== null) && { settings: storedSettingsOf(row) }),
});

function toRow(integration: Integration) {
  return {
    ...toColumns(integration),
    /** The folded name. For a deleted integration its id, so that the name is free again. */
    name_key: integration.deletedAt ? `deleted ${integration.id}` : nameKey(integration.name),
    // What can't be read stays as it is.
    ...(integration.settings !== 'unread' && {
      settings: integration.settings ? settingsJson(integration.settings) : null,
      approval: integration.settings ? approvalJson(integration.settings) : null,
    }),
  };
}

const { toRow: toVersionRow, fromRow: toVersion } = rowMapper('manifest_versions', {
  id: text,
  integrationId: text,
  number,
  manifest: text,
  savedBy: actor,
  createdAt: date,
});

/** What 0.2.0 doesn't know, in a column that it leaves alone. */
const storedApproval = integrationSettings
  .pick({ routeDraft: true, ownerIds: true, breakGlass: true, asksForCodes: true })
  .extend({ route: route.optional() });

function storedSettingsOf({ settings, approval }: IntegrationRow): IntegrationSettings | Unread {
  const read = settings === null ? {} : readSettings(settings);
  const more = approval === null ? {} : readApproval(approval);
  if (!read || !more) return 'unread';
  if (approval === null) return read;
  const { route: kept, ...rest } = more;
  const { policy } = read;
  // 0.2.0 has set another policy since.
  const isOver = policy?.approvers.kind !== 'admins' || policy.approvals !== 1;
  return {
    ...read,
    ...rest,
    ...(kept && policy && !isOver && { policy: { ...policy, route: kept } }),
  };
}

function approvalJson({
  policy,
  routeDraft,
  ownerIds,
  breakGlass,
  asksForCodes,
}: IntegrationSettings): string | null {
  const kept = { route: policy?.route, routeDraft, ownerIds, breakGlass, asksForCodes };
  return Object.values(kept).every((each) => each === undefined) ? null : JSON.stringify(kept);
}

/** The longest time of a policy, with its days beside the hours. */
const storedSettings = z.preprocess((json) => {
  const read = withPolicy.safeParse(json);
  if (!read.success) return json;
  const { policy } = read.data;
  const longestHours = readLength({ hours: policy.longestHours, days: policy.longestDays });
  return { ...read.data, policy: { ...policy, longestHours } };
}, integrationSettings);

export const settingsColumn = jsonColumn('integrations.settings', storedSettings);
export const approvalColumn = jsonColumn('integrations.approval', storedApproval);

const withPolicy = z.looseObject({
  policy: z.looseObject({
    longestDays: z.number().nullable().optional(),
    longestHours: z.number().nullable().optional(),
  }),
});

/** Of thousands of integrations, which a list reads at once, most have the settings of others. They are frozen, since they are shared. */
const MAX_KEPT = 1000;
/** Longer texts are read each time. */
const MAX_KEPT_UNITS = 4000;

function keeping<T>(read: (json: string) => T): (json: string) => T {
  const kept = onceForText(MAX_KEPT, read);
  return (json) => (json.length > MAX_KEPT_UNITS ? read(json) : kept(json));
}
const readSettings = keeping((json) => frozen(readColumnOr(settingsColumn, json, undefined)));
const readApproval = keeping((json) => frozen(readColumnOr(approvalColumn, json, undefined)));

const settingsJson = (settings: IntegrationSettings): string => {
  // JSON leaves out what is undefined.
  const { policy } = settings;
  return JSON.stringify({
    ...settings,
    routeDraft: undefined,
    ownerIds: undefined,
    breakGlass: undefined,
    asksForCodes: undefined,
    policy: policy && {
      ...policy,
      route: undefined,
      longestDays: writeLength(policy.longestHours).days,
    },
  });
};
