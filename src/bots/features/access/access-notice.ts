/** What the person reads when they were granted something. */
import { z } from 'zod';
import { sentences, t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Reader } from '../../live/context.ts';
import { note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { lastsWords } from './hold-words.ts';

export const accessNotice = liveCard({
  id: 'access-notice',
  payload: z.object({ runId: z.string() }),
  topic: ({ runId }) => `notice:${runId}`, // Nothing changes this message later.

  async render({ runId }, context: Reader) {
    const { stores, reader } = context;
    const run = await stores.runs.find(runId);
    const integration = run && (await stores.integrations.find(run.integrationId));
    if (!run || !integration || run.personId !== reader.id || run.kind !== 'execute')
      return note(t`This item no longer exists`, t`You don't need to do anything.`);
    const by =
      run.startedBy.kind === 'person'
        ? await stores.people.find(run.startedBy.personId)
        : undefined;
    const until = await lastsWords(run, context);
    return note(
      t`You now have ${integration.name}`,
      by
        ? sentences(t`${fullName(by)} granted it.`, until, t`If you can't get in, let them know.`)
        : sentences(
            t`Your Latchkey admin granted it.`,
            until,
            t`If you can't get in, let your manager know.`,
          ),
    );
  },
});
