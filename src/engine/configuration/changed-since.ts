/** Who last changed something that is managed by files, other than by files: for the plan, which only shows it. */
import type { AuditEntry } from '../people/directory.ts';
import { fullName } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { ManagedThing, ThingKind } from './managed.ts';

/** Of the newest entries since then. Beyond them nothing is said. */
const LOOKED_AT = 100;
/** Ends the name of the operating system's user in the audit log. */
export const BY_FILES = ', by files';

/** The beginning of what its entries are called, and where they name it. */
const ENTRIES: Readonly<Record<ThingKind, { readonly what: string; readonly id?: string }>> = {
  settings: { what: 'settings.' },
  integration: { what: 'integration.' },
  bundle: { what: 'bundle.', id: 'bundleId' },
  rule: { what: 'rule.', id: 'ruleId' },
  sequence: { what: 'sequence.', id: 'sequenceId' },
};

/** `2026-12-03 by Ann Lee`; undefined where the audit log says nothing of it. */
export async function changedSince(
  { auditLog, people }: Pick<Stores, 'auditLog' | 'people'>,
  { kind, id, appliedAt: from }: ManagedThing,
): Promise<string | undefined> {
  const { what, id: key } = ENTRIES[kind];
  const filter = { what, from, ...(kind === 'integration' && { integrationId: id }) };
  const entries = await auditLog.list({ offset: 0, limit: LOOKED_AT }, filter);
  const entry = entries.find(
    (each) => !isByFiles(each) && (key === undefined || each.detail?.[key] === id),
  );
  if (!entry) return undefined;
  const { actor, at } = entry;
  const person = actor.kind === 'person' ? await people.find(actor.personId) : undefined;
  const who = person ? fullName(person) : actor.kind === 'operator' ? actor.user : 'someone';
  return `${at.toISOString().slice(0, 10)} by ${who}`;
}

const isByFiles = ({ actor }: AuditEntry): boolean =>
  actor.kind === 'operator' && actor.user.endsWith(BY_FILES);
