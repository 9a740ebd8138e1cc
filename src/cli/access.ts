import { chunksOf } from '../core/batches.ts';
import { readExplained } from '../core/stored-sentence.ts';
import { type AccessRow, accessOf } from '../engine/access/access-overview.ts';
import { endOfHolds } from '../engine/access/hold.ts';
import { fullName } from '../engine/people/directory.ts';
import { checkNow } from './check-now.ts';
import { withPerson } from './session.ts';

/** Concurrent checks. */
const AT_ONCE = 8;
const ALL = { offset: 0, limit: 10_000 };

/** `latchkey access PERSON`: asks every integration now and prints each answer. */
export const accessCommand = (who: string): Promise<void> =>
  withPerson(who, async (person, session) => {
    const { stores, output } = session;
    const { rows } = await accessOf(stores, person, ALL);
    const asked = rows.filter(({ hasExists }) => hasExists);
    output.note(
      `Asking ${asked.length} of ${rows.length} integrations about ${fullName(person)} …`,
    );
    for (const some of chunksOf(asked, AT_ONCE))
      await Promise.all(
        some.map(({ integration }) => checkNow(person.id, integration.id, session)),
      );
    const { rows: answered } = await accessOf(stores, person, ALL);
    if (!person.active) output.note(`${fullName(person)} has left.`);
    output.table(
      ['INTEGRATION', 'ACCESS', 'WHY'],
      answered.map((row) => [
        row.integration.name,
        stateOf(row),
        readExplained(row.access?.reason ?? '', { seesDetail: true }),
      ]),
      'No integration gives access yet. Add one with: latchkey integration add NAME FILE',
    );
  });

export function stateOf({
  access,
  run,
  task,
  holds,
  removal,
  byHand,
  hasExists,
}: Omit<AccessRow, 'integration'>): string {
  const endsAt = endOfHolds(holds);
  const until = endsAt ? ` until ${toTheMinute(endsAt)}` : ''; // An access of hours ends on its day.
  const removing = removal ? `, removal ${removal.state}` : '';
  if (byHand) {
    const state = `${access?.state ?? 'none'} (by hand)${until}${removing}`;
    return task ? `${state}, task to ${task.kind} it is open` : state;
  }
  const known = access?.state ?? 'unknown';
  const state = `${known === 'unknown' ? 'not confirmed' : known}${until}`;
  const checked = `${hasExists ? state : `${state} (not checked)`}${removing}`;
  return run ? `${checked}, ${run.kind === 'execute' ? 'grant' : 'revoke'} ${run.state}` : checked;
}

/** `2026-12-01T18:30Z` */
const toTheMinute = (time: Date): string => time.toISOString().replace(/:[^:]*Z$/, 'Z');
