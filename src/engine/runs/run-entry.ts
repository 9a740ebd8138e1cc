import type { Actor, AuditEntry } from '../people/directory.ts';
import type { Clock, NewId } from '../ports/time-and-chance.ts';
import type { Run } from './run.ts';

/** What the audit log keeps of a run. */
export function runEntry(
  what: string,
  run: Run,
  actor: Actor,
  { newId, now }: { readonly newId: NewId; readonly now: Clock },
): AuditEntry {
  const { id: runId, personId, integrationId } = run;
  return { id: newId(), at: now(), actor, what, personId, integrationId, runId };
}
