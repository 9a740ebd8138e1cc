import type { Actor } from '../people/directory.ts';
import type { AuditNote } from '../ports/unit-of-work.ts';
import type { Run } from './run.ts';

/** What the audit log keeps of a run. */
export const aboutRun = (
  { id: runId, personId, integrationId }: Run,
  actor: Actor,
): Omit<AuditNote, 'what'> => ({ actor, personId, integrationId, runId });
