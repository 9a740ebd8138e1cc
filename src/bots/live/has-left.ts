/** What someone reads in chat who has left. */
import { t } from '../../core/translate.ts';
import { type Card, note } from '../view/card.ts';

export const hasLeft = (): Card => note(t`Your access to Latchkey has ended`, ifThatIsWrong());

export const ifThatIsWrong = (): string => t`If that's wrong, let your Latchkey admin know.`;
