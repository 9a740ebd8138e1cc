/**
 * Fields that an import *owns*: it also updates them for people who are in the directory. A field has at most one owner. Every other
 * field that an import brings is only filled where it is empty.
 */
import { t } from '../../core/translate.ts';
import { changeSettings } from '../integrations/change-integration.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { versionsReader } from '../integrations/version-facts.ts';
import { isCreateKey, type SyncManifest } from '../manifest/schema.ts';
import type { ChangedBy, Integration } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import { type ChangeResult, failed } from '../work/change-result.ts';

const EMAIL = 'email';
/** They name one field. */
const MANAGER = ['manager', 'manager_email', 'manager_id'];

/** The fields of a create that it may own, by their names in `data_structure`. */
export const ownableFields = ({
  dataStructure,
}: Pick<SyncManifest, 'dataStructure'>): readonly string[] =>
  // An employee ID says who the person is: it is filled, and never changed. An address only changes by it.
  [
    ...new Set(Object.keys(dataStructure).map((key) => (MANAGER.includes(key) ? 'manager' : key))),
  ].filter((key) => key !== 'employee_id' && (key !== EMAIL || 'employee_id' in dataStructure));

const ownsIn = (integration: Integration): readonly string[] => settingsOf(integration).owns ?? [];

/**
 * Also the address, while no other import owns it: a person with another address is still the same by their employee ID. Of several
 * imports that give IDs, it is the first one's: two would change addresses back and forth.
 */
export async function ownedBy(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<readonly string[]> {
  const owns = ownsIn(integration);
  if (owns.includes(EMAIL)) return owns;
  const others = (await stores.integrations.list()).filter(({ id }) => id !== integration.id);
  if (others.some((each) => ownsIn(each).includes(EMAIL))) return owns;
  const earlier = others.filter(
    (each) => each.enabled && !each.deletingSince && isEarlier(each, integration),
  );
  const versions = earlier.flatMap(({ manifestVersionId }) => manifestVersionId ?? []);
  const identifies = await identifying(stores, versions);
  return versions.some((id) => identifies.get(id)) ? owns : [...owns, EMAIL];
}

const isEarlier = (one: Integration, other: Integration): boolean =>
  one.createdAt.getTime() === other.createdAt.getTime()
    ? one.id < other.id
    : one.createdAt < other.createdAt;

/** Whether a version of a manifest adds people and gives their employee IDs. */
const identifying = versionsReader((version): true | undefined => {
  if (!version.manifest.includes('"employee_id"')) return undefined; // Cheap, and most have none.
  const manifest = manifestIn(version);
  return manifest?.kind === 'sync' &&
    manifest.action === 'create' &&
    'employee_id' in manifest.dataStructure
    ? true
    : undefined;
});

/**
 * From the next import on. Of two who choose the same field for two imports, only one succeeds: hold
 * `integrations.lockOwnedFields` before, and before the integration itself.
 * @param fields by their names in `data_structure`
 */
export async function setOwnedFields(
  tx: Transaction,
  integration: Integration,
  { fields, ...deps }: ChangedBy & { readonly fields: readonly string[] },
): Promise<ChangeResult<Integration>> {
  for (const other of await tx.integrations.list()) {
    const taken = fields.find((field) => ownsIn(other).includes(field));
    if (other.id === integration.id || taken === undefined) continue;
    return failed(t`${other.name} owns ${fieldLabel(taken)}. Remove it there first.`);
  }
  return changeSettings(tx, integration, { ...deps, change: { owns: [...fields] } });
}

/** For people. A stored key is shown as the manifest names it. */
export function fieldLabel(key: string): string {
  if (!isCreateKey(key)) return key;
  const labels: Readonly<Record<typeof key, string>> = {
    email: t`email`,
    first_name: t`first name`,
    last_name: t`last name`,
    phone: t`phone`,
    position: t`position`,
    department: t`department`,
    manager: t`manager`,
    manager_email: t`manager`,
    manager_id: t`manager`,
    start: t`first day`,
    end: t`last day`,
    time_zone: t`time zone`,
    employee_id: t`employee ID`,
  };
  return labels[key];
}
