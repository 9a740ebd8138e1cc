/** Where it can't be read who did something. */
import { t } from '../../core/translate.ts';
import type { Actor } from '../people/directory.ts';

const DAMAGED = 'damaged ';

/** Where it can't be read who did something: no one in the directory, who may do nothing. @param place names the column */
export const damagedActor = (place: string): Actor => ({
  kind: 'person',
  personId: `${DAMAGED}${place}`,
  via: 'web',
});

/** Whether a column would get such an actor in place of what is stored, which is damaged, and all that is left. */
export const isDamagedColumn = (value: unknown): boolean =>
  typeof value === 'string' && value.startsWith(BEGINNING);

/** Of each as JSON; its place follows. */
const [BEGINNING = ''] = JSON.stringify(damagedActor('?')).split('?');

/** Nothing is known of them, not even from where they did it. */
export const isDamagedActor = (actor: Actor): boolean =>
  actor.kind === 'person' && actor.personId.startsWith(DAMAGED);

/** In chat. In files, the id of a damaged actor says it. */
export const damagedWords = (): string => t`someone unknown (what is stored is damaged)`;
