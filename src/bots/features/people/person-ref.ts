/** The reference to a person's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { t } from '../../../core/translate.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import type { Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';

export const PERSON_CARD = 'person';
export const personPayload = z.object({ personId: z.string() });

export const personRef = (personId: string): LiveCardRef => ({
  view: PERSON_CARD,
  payload: JSON.stringify({ personId }),
  topic: personTopic(personId),
});

/** Shows the person's card as a new message. */
export const showPerson = (personId: string): Reply => ({
  kind: 'show',
  card: personRef(personId),
});

export const notYours = (): Card =>
  note(
    t`You can't see this person`,
    t`Only their manager and Latchkey admins can. Ask one of them.`,
  );
