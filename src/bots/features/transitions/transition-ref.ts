/** The reference to a transition's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import type { Transition } from '../../../engine/transitions/transition.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import { cardRefs } from '../../view/live-card.ts';
import { pageShown } from '../paging.ts';

/** The person's id is there for the topic: everything that changes their access changes the card. */
export const transitionPayload = pageShown.extend({
  transitionId: z.string(),
  personId: z.string(),
});
export type TransitionShown = z.infer<typeof transitionPayload>;

export const transitionRefs = cardRefs({
  id: 'transition',
  payload: transitionPayload,
  topic: ({ personId }) => personTopic(personId),
});

export const transitionRef = ({
  id: transitionId,
  personId,
}: Pick<Transition, 'id' | 'personId'>): LiveCardRef =>
  transitionRefs.with({ transitionId, personId, page: 0 });
