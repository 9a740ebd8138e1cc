/** The reference to a transition's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import type { Transition } from '../../../engine/transitions/transition.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import { pageShown } from '../paging.ts';

export const TRANSITION_CARD = 'transition';
/** The person's id is there for the topic: everything that changes their access changes the card. */
export const transitionPayload = pageShown.extend({
  transitionId: z.string(),
  personId: z.string(),
});
export type TransitionShown = z.infer<typeof transitionPayload>;

export const transitionRef = ({
  id: transitionId,
  personId,
}: Pick<Transition, 'id' | 'personId'>): LiveCardRef => ({
  view: TRANSITION_CARD,
  payload: JSON.stringify({ transitionId, personId, page: 0 } satisfies TransitionShown),
  topic: personTopic(personId),
});
