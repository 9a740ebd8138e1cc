/** The title of a run's card: what became of it, as far as it is known now. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Run } from '../../../engine/runs/run.ts';
import type { KnownOutcome } from '../../../engine/runs/unknown-outcome.ts';
import type { Reader } from '../../live/context.ts';
import type { FoundRun } from './find-run.ts';

/** @param known set for a run with an unknown outcome */
export async function runTitle(
  { run, person, integration: { name } }: FoundRun,
  known: KnownOutcome | undefined,
  stores: Reader['stores'],
): Promise<string> {
  const whom = fullName(person);
  if (known) return unknownTitle({ kind: run.kind, known: known.kind }, name, whom);
  return (await isUndone(run, stores)) ? undoneTitle(run, name, whom) : titleOf(run, name, whom);
}

function unknownTitle(
  { kind, known }: { readonly kind: Run['kind']; readonly known: KnownOutcome['kind'] },
  integration: string,
  person: string,
): string {
  const grant = kind === 'execute';
  return {
    'not-known': () =>
      grant
        ? t`? We don't know yet whether ${person} has ${integration}`
        : t`? We don't know yet whether ${person} still has ${integration}`,
    has: () =>
      grant
        ? t`⚠ ${person} has ${integration}, but the grant didn't finish`
        : t`✗ ${integration} was not revoked from ${person}`,
    none: () =>
      grant
        ? t`✗ ${integration} was not granted to ${person}`
        : t`✓ ${person} no longer has ${integration}`,
  }[known]();
}

/** Whether what it did was taken back since: its card is still opened from Home and in lists. */
async function isUndone(run: Run, { removals, runs }: Reader['stores']): Promise<boolean> {
  if (run.state !== 'succeeded') return false;
  const { personId, integrationId, finishedAt } = run;
  if (run.kind === 'execute') {
    const removal = await removals.latest(personId, integrationId);
    return removal?.state === 'gone' && removal.endedAt >= finishedAt;
  }
  const last = (await runs.lastSucceeded(personId)).find(
    (each) => each.integrationId === integrationId,
  );
  return last?.kind === 'execute' && last.id !== run.id;
}

const undoneTitle = ({ kind }: Run, integration: string, person: string): string =>
  kind === 'execute'
    ? t`✓ ${integration} was granted to ${person}`
    : t`✓ ${integration} was revoked from ${person}`;

function titleOf(run: Run, integration: string, person: string): string {
  const grant = run.kind === 'execute';
  switch (run.state) {
    case 'queued':
    case 'running':
    case 'waiting':
      return grant
        ? t`… Granting ${integration} to ${person}`
        : t`… Revoking ${integration} from ${person}`;
    case 'succeeded':
      return grant
        ? t`✓ ${person} now has ${integration}`
        : t`✓ ${person} no longer has ${integration}`;
    case 'retrying':
      return t`⚠ ${integration} for ${person} failed; Latchkey will retry`;
    case 'deferred':
      return t`… ${integration} for ${person} is waiting to start`;
    case 'failed':
      return grant
        ? t`✗ ${integration} was not granted to ${person}`
        : t`✗ ${integration} was not revoked from ${person}`;
    case 'blocked':
      return t`✗ ${integration} for ${person} stopped`;
    case 'cancelled':
      return t`${integration} for ${person} was cancelled`;
    default:
      return unreachable(run);
  }
}
