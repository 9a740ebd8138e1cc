/** The reference to a person's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { t } from '../../../core/translate.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import { type Reply, showCard } from '../../view/action.ts';
import type { Card } from '../../view/card.ts';
import { cardRefs } from '../../view/live-card.ts';
import { type Asker, withoutRight } from '../whom-to-ask.ts';

export const personPayload = z.object({ personId: z.string() });

export const personRefs = cardRefs({
  id: 'person',
  payload: personPayload,
  topic: ({ personId }) => personTopic(personId),
});

export const personRef = (personId: string): LiveCardRef => personRefs.with({ personId });

/** Shows the person's card as a new message. */
export const showPerson = (personId: string): Reply => showCard(personRef(personId));

export const notYours = async (asker: Asker): Promise<Card> =>
  withoutRight(t`You can't see this person`, 'see', asker);
