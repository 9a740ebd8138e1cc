import type { Actor } from '../people/directory.ts';
import type { AuditNote } from '../ports/unit-of-work.ts';
import type { Run } from './run.ts';

/** The fields of an audit entry about a run. */
export const aboutRun = (
  { id: runId, personId, integrationId }: Run,
  actor: Actor,
): Omit<AuditNote, 'what'> => ({ actor, personId, integrationId, runId });
