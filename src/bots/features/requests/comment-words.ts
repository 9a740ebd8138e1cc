/** What someone wrote about a request, in a sentence. */
import { t } from '../../../core/translate.ts';

/** How a sentence ends that needs no full stop. */
const HAS_END = /[.!?…]\s*$/;

/** Empty where they wrote nothing. */
export function commentWords(comment = ''): string {
  if (comment === '') return '';
  return HAS_END.test(comment) ? t`Comment: "${comment}"` : t`Comment: "${comment}".`;
}
