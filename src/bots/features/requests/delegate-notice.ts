/** What a delegate reads: for whom they approve, and when. */
import { z } from 'zod';
import { sentences, t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { delegationTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { daysOf } from './away.ts';

export const delegateNotice = liveCard({
  id: 'delegate-notice',
  payload: z.object({ personId: z.string(), delegateId: z.string() }),
  topic: ({ personId }) => delegationTopic(personId),

  async render({ personId, delegateId }, { reader, stores }: Reader) {
    const person = reader.id === delegateId ? await stores.people.find(personId) : undefined;
    if (!person) return noLongerExists();
    const name = fullName(person);
    const current = await stores.delegations.of(personId);
    if (current?.delegateId !== reader.id)
      return note(
        t`You're no longer the delegate of ${name}`,
        t`New requests that they approve don't come to you.`,
      );
    return note(
      t`You're the delegate of ${name}`,
      sentences(
        t`You approve for ${name} ${daysOf(current)}.`,
        t`On these days, their requests also come to you. If that doesn't suit you, let them know.`,
      ),
    );
  },
});
