/** What someone reads who had left and is back. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Reader } from '../../live/context.ts';
import { buttonRow, muted, paragraph } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { wordButton } from '../word-button.ts';

export const backNotice = liveCard({
  id: 'back-notice',
  payload: z.object({ personId: z.string() }),
  topic: ({ personId }) => `back-notice:${personId}`, // Nothing changes this message later.

  async render({ personId }, { reader, stores }: Reader) {
    if (reader.id !== personId) return noLongerExists();
    const manager = reader.managerId && (await stores.people.find(reader.managerId));
    return {
      title: reader.firstName ? t`Welcome back, ${reader.firstName}` : t`Welcome back`,
      blocks: compact([
        paragraph(t`You can use Latchkey again. Check your access, and request what you need.`),
        manager &&
          muted(
            t`Your manager here is ${fullName(manager)}. If that's wrong, tell a Latchkey admin.`,
          ),
        ...buttonRow([
          { ...wordButton(t`Your access`, 'access'), tone: 'primary' },
          wordButton(t`Request access…`, 'request'),
        ]),
      ]),
    };
  },
});
