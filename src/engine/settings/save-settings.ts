/** Saves settings of the workspace and records them in the audit log. */
import { inLocale, t } from '../../core/translate.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { endPersonalTokens } from '../tokens/end-tokens.ts';
import { changeOf } from '../work/audit-details.ts';
import type { ChangeResult } from '../work/change-result.ts';
import type { WorkspaceSettings } from './settings.ts';
import {
  type ChangedSettings,
  changeWorkspaceSettings,
  type WorkspaceChange,
} from './workspace-settings.ts';

/** The audit log gets each changed setting, and what it was. @returns as `changeWorkspaceSettings` */
export async function saveSettings(
  tx: Transaction,
  change: WorkspaceChange,
  { actor }: ChangedBy,
): Promise<ChangeResult<ChangedSettings>> {
  const changed = await changeWorkspaceSettings(tx, change);
  if (!changed.ok) return changed;
  const { before, wereUnread, after } = changed.value;
  // Everyone may have had some, by settings that nobody can read any more.
  const hadTokens = before.personalTokens === 'everyone' || wereUnread;
  if (hadTokens && after.personalTokens === 'admins') await endPersonalTokens(tx, { actor });
  const detail = await inLocale(after.dateLanguage, async () =>
    changeOf(await inWords(before, after, tx), await inWords(after, before, tx)),
  );
  if (wereUnread || Object.keys(detail).length > 0)
    await tx.audit('settings.changed', { actor, detail });
  return changed;
}

/** @param other a list of many says only what is in it and not in that one */
async function inWords(
  { textProviderId, ...rest }: WorkspaceSettings,
  other: WorkspaceSettings,
  { integrations }: Pick<Transaction, 'integrations'>,
): Promise<Readonly<Record<string, Value>>> {
  const provider =
    textProviderId === undefined ? undefined : await integrations.find(textProviderId);
  const { textProviderId: _, ...others } = other;
  const keys = Object.keys({ ...others, ...rest }) as (keyof typeof rest)[];
  return {
    ...Object.fromEntries(
      keys
        .filter((key) => JSON.stringify(rest[key]) !== JSON.stringify(other[key]))
        .map((key) => [key, valueOf(rest[key], other[key])]),
    ),
    textProvider: provider?.name ?? textProviderId ?? t`not set`,
  };
}

type Value = string | number | boolean;
/** So many dates can be read in a line. */
const MANY = 40;

function valueOf(
  value: WorkspaceSettings[keyof WorkspaceSettings],
  other: WorkspaceSettings[keyof WorkspaceSettings],
): Value {
  if (value === undefined) return t`not set`;
  if (Array.isArray(value)) {
    const of: readonly (string | number)[] = value;
    const others: readonly (string | number)[] = Array.isArray(other) ? other : [];
    const isMany = Math.max(of.length, others.length) > MANY;
    const shown = isMany ? of.filter((each) => !others.includes(each)) : of;
    return isMany && shown.length < of.length
      ? t`${shown.join(', ') || t`none`} and ${of.length - shown.length} more`
      : shown.join(', ') || t`none`;
  }
  if (typeof value !== 'object') return value;
  return 'name' in value ? value.name : t`${value.from} to ${value.until}`;
}
