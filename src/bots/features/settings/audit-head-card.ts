/** The daily notice with the signed head of the audit log, and the one that it could not be sent by email. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { aboutHead } from '../../../engine/messages/send-head.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Reader } from '../../live/context.ts';
import { code, note, paragraph, withButtons } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { showSettings } from './workspace-settings.ts';

export const auditHeadCard = liveCard({
  id: 'audit-head',
  payload: z.object({ line: z.string(), seq: z.number() }),
  topic: ({ seq }) => `audit-head:${seq}`, // Nothing changes this message later.

  async render({ line, seq }, { reader }: Reader) {
    if (!maySeeSetUp(reader)) return forAdmins();
    return {
      title: t`Head of the audit log`,
      blocks: [paragraph(aboutHead(seq)), paragraph([code(line)])],
    };
  },
});

export const headNotSentCard = liveCard({
  id: 'audit-head-not-sent',
  payload: z.object({ to: z.string(), why: z.string(), id: z.string() }),
  topic: ({ id }) => `audit-head:${id}`,

  async render({ to, why }, { reader }: Reader) {
    if (!maySeeSetUp(reader)) return forAdmins();
    return withButtons(
      note(
        t`⚠ The head of the audit log was not sent`,
        t`The email to ${to} failed. ${why}`,
        t`Until someone keeps it elsewhere, no one can prove later that the end of the log wasn't cut off. An admin can change the address in the settings.`,
      ),
      { label: t`Settings`, does: showSettings.with({}) },
    );
  },
});

const forAdmins = () => note(t`This was for Latchkey admins`, t`You don't need to do anything.`);
