/** The daily notice with the signed head of the audit log. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { aboutHead } from '../../../engine/messages/send-head.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Reader } from '../../live/context.ts';
import { note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';

export const auditHeadCard = liveCard({
  id: 'audit-head',
  payload: z.object({ line: z.string(), seq: z.number() }),
  topic: ({ seq }) => `audit-head:${seq}`, // Nothing changes this message later.

  async render({ line, seq }, { reader }: Reader) {
    if (!maySeeSetUp(reader))
      return note(t`This was for Latchkey admins`, t`You don't need to do anything.`);
    return {
      title: t`Head of the audit log`,
      blocks: [
        { kind: 'text', text: [aboutHead(seq)] },
        { kind: 'text', text: [{ kind: 'code', text: line }] },
      ],
    };
  },
});
