/** Latchkey cancelled a waiting grant: the person who granted it reads why, or admins where they have left. */
import { z } from 'zod';
import { sayStored } from '../../../core/stored-sentence.ts';
import { t } from '../../../core/translate.ts';
import { notifyAtOnce } from '../../../engine/messages/notify-person.ts';
import { fullName, type Person, personIdOf } from '../../../engine/people/directory.ts';
import { maySee } from '../../../engine/people/permission.ts';
import type { Stores, UnitOfWork } from '../../../engine/ports/unit-of-work.ts';
import { requestsFulfilledBy, runTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { findRun } from '../runs/find-run.ts';
import { runRef } from '../runs/run-ref.ts';

/** For someone who may no longer see that person's access or runs: shows only the outcome of their own grant. */
export const cancelledGrant = liveCard({
  id: 'cancelled-grant',
  payload: z.object({ runId: z.string() }),
  topic: ({ runId }) => runTopic(runId),

  async render({ runId }, { stores, reader }: Reader) {
    const found = await findRun(runId, stores);
    const isOwn = personIdOf(found?.run.startedBy) === reader.id;
    if (!isOwn || found?.run.state !== 'cancelled') return noLongerExists();
    const { run, person, integration } = found;
    return note(
      t`${integration.name} for ${fullName(person)} was cancelled`,
      run.why === undefined ? t`You don't need to do anything.` : sayStored(run.why),
    );
  },
});

/** The card of the run shows why and offers a retry. The card of a request says it to who requested it. */
export async function showCancelled(
  runId: string,
  { stores, transact }: { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  const run = await stores.runs.find(runId);
  if (run?.startedBy.kind !== 'person') return;
  const { personId } = run.startedBy;
  const [starter, person] = await Promise.all([
    stores.people.find(personId),
    stores.people.find(run.personId),
  ]);
  const readers = starter?.active ? [starter] : await stores.people.admins();
  const requests = await requestsFulfilledBy(stores, run, { runId });
  const isNotified = ({ id }: Person) => requests.some((each) => each.requestedById === id);
  await transact(async (tx) => {
    for (const reader of readers) {
      if (isNotified(reader)) continue;
      const card =
        person && maySee(reader, person) ? runRef(runId) : cancelledGrant.with({ runId });
      await notifyAtOnce(tx, reader.id, { card });
    }
  });
}
