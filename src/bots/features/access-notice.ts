/** What the person themselves is told when access came or went. */
import { z } from 'zod';
import { say } from '../../core/say.ts';
import { fullName } from '../../engine/directory.ts';
import { note } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import type { Reader } from './context.ts';
import { showDate } from './dates.ts';

export const accessNotice = liveCard({
  id: 'access-notice',
  payload: z.object({ runId: z.string() }),
  subject: ({ runId }) => `notice:${runId}`, // Said once: nothing changes it afterwards.

  async render({ runId }, context: Reader) {
    const { stores, reader } = context;
    const run = await stores.runs.find(runId);
    const integration = run && (await stores.integrations.find(run.integrationId));
    if (!run || !integration || run.personId !== reader.id)
      return note(say`This is about something that is gone`, say`There is nothing to do.`);
    const by =
      run.startedBy.kind === 'person'
        ? await stores.people.find(run.startedBy.personId)
        : undefined;
    const limit = await stores.timeLimits.current(run.personId, run.integrationId);
    const until = limit ? say` It ends by itself on ${showDate(limit.endsAt, context)}.` : '';
    return run.kind === 'execute'
      ? note(
          say`You have ${integration.name} now`,
          by
            ? say`${fullName(by)} granted it.${until} If you can't get in, tell them.`
            : say`Your Latchkey admin granted it.${until} If you can't get in, tell your manager.`,
        )
      : note(
          say`You no longer have ${integration.name}`,
          by
            ? say`${fullName(by)} took it away. If you still need it, ask them.`
            : say`Your Latchkey admin took it away. If you still need it, ask your manager.`,
        );
  },
});
