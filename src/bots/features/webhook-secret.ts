/** The secret of a webhook, in either direction: shown once, by a link into the browser. */
import { t } from '../../core/translate.ts';
import type { Turn } from '../live/context.ts';
import { sendLink } from '../live/send-link.ts';
import type { Reply } from '../view/action.ts';
import { note } from '../view/card.ts';
import { refuse } from './admins.ts';

interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly isRevealed: boolean;
}

/** The link works for the person who pressed. The secret is shown only once in all. */
export function linkToSecret(
  { id, name, isRevealed }: Webhook,
  { hint }: { readonly hint: string },
  turn: Turn,
): Promise<Reply> | Reply {
  if (isRevealed)
    return refuse(
      note(
        t`This secret has already been shown`,
        t`A secret is shown only once. If it is lost, replace it.`,
      ),
    );
  return sendLink(
    { purpose: 'hook', subject: id },
    { title: t`The secret of ${name}`, paragraphs: [hint] },
    turn,
  );
}

export const secretState = ({ isRevealed }: Pick<Webhook, 'isRevealed'>): string =>
  isRevealed
    ? t`already shown; replace it if it is lost`
    : t`not shown yet; you can see it once, in your browser`;
