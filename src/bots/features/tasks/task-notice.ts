/** What the person, and the requester, read when something was granted by hand. */
import { z } from 'zod';
import { sentences, t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { wishesOf } from '../../../engine/tasks/task.ts';
import type { Reader } from '../../live/context.ts';
import { note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { goneAgain, goneAgainCard } from '../access/access-notice.ts';
import { lastsWords } from '../access/hold-words.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { ifSomethingMissing } from '../whom-to-ask.ts';

export const taskNotice = liveCard({
  id: 'task-notice',
  payload: z.object({ taskId: z.string() }),
  topic: ({ taskId }) => `task-notice:${taskId}`, // Nothing changes this message later.

  async render({ taskId }, context: Reader) {
    const { stores, reader } = context;
    const task = await stores.tasks.find(taskId);
    const requests = await Promise.all(
      (task ? wishesOf(task) : []).map(({ requestId = '' }) => stores.requests.find(requestId)),
    );
    const isTheirs = reader.id === task?.personId;
    const [person, integration] = await Promise.all([
      task && stores.people.find(task.personId),
      task?.integrationId ? stores.integrations.find(task.integrationId) : undefined,
    ]);
    if (
      task?.state !== 'done' ||
      task.kind !== 'grant' ||
      !person ||
      !integration ||
      !(isTheirs || requests.some((each) => each?.requestedById === reader.id))
    )
      return noLongerExists();
    const gone = isTheirs ? await goneAgain(person, [integration.id], stores) : undefined;
    if (gone?.has(integration.id)) return goneAgainCard(integration, person, stores);
    const by = task.endedById ? await stores.people.find(task.endedById) : undefined;
    const whom = fullName(person);
    const { name } = integration;
    const until = await lastsWords({ personId: person.id, integrationId: integration.id }, context);
    return note(
      isTheirs ? t`You now have ${name}` : t`${whom} now has ${name}`,
      by
        ? sentences(
            t`${fullName(by)} granted it by hand.`,
            until,
            t`If something is missing, let them know.`,
          )
        : sentences(t`It was granted by hand.`, until, await ifSomethingMissing(reader, stores)),
    );
  },
});
