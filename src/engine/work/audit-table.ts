/** The audit log as a table, for files that people download. */
import type { Actor, AuditEntry } from '../people/directory.ts';
import { detailWords, withPeople } from './audit-details.ts';
import { viaWords, whatWords } from './audit-words.ts';
import { type Names, whoWords } from './names.ts';

export const AUDIT_COLUMNS = [
  'time',
  'what',
  'in words',
  'who',
  'from where',
  'person',
  'integration',
  'run',
  'detail',
] as const;

type TableEntry = Omit<AuditEntry, 'id' | 'actor'> & {
  /** A text: it is damaged, and this is what is stored. */
  readonly actor: Actor | string;
};

/** @returns the cells of its line */
export async function auditCells(
  { at, what, actor, personId, integrationId, runId, detail }: TableEntry,
  names: Names,
): Promise<readonly string[]> {
  const isDamaged = typeof actor === 'string';
  return [
    at.toISOString(),
    what,
    whatWords(what),
    isDamaged ? actor : await whoWords(actor, names),
    isDamaged ? '' : viaWords(actor),
    personId === undefined ? '' : await names.person(personId),
    integrationId === undefined ? '' : await names.integration(integrationId),
    runId ?? '',
    detailWords({ detail: await withPeople(detail, names.person) }),
  ];
}
