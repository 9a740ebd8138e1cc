/** A link was opened in a browser: its recipient confirms by number that they opened it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { LinkIn, LinkPurpose } from '../../../engine/links/link.ts';
import { choicesFor, confirmLink } from '../../../engine/links/links.ts';
import { stopEmailed } from '../../../engine/messages/emailed-links.ts';
import { linkTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { leadsTo } from '../../live/send-link.ts';
import { buttonAction, type Reply, sayHere } from '../../view/action.ts';
import { type Card, note, paragraph } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';

/** Which opening of the link is meant; a later opening asks again. */
const asked = z.object({ linkId: z.string(), opening: z.number().int() });

export const linkQuestion = liveCard({
  id: 'link-question',
  payload: asked,
  topic: ({ linkId }) => linkTopic(linkId),

  async render({ linkId, opening }, { stores, reader, now }: Reader) {
    const link = await stores.links.find(linkId);
    if (!link || link.personId !== reader.id) return over();
    switch (link.state) {
      case 'opened':
        if (link.expiresAt <= now()) return over();
        return link.openings === opening ? question(link) : newer();
      case 'confirmed':
      case 'used':
        return note(t`Browser confirmed`, t`Continue on the page that is open there.`);
      case 'refused':
        return stopped(link.purpose);
      case 'new':
        return over();
      default:
        return unreachable(link);
    }
  },
});

const question = (link: LinkIn<'opened'>): Card => {
  const target = { linkId: link.id, opening: link.openings };
  return {
    title: t`Which number does your browser show?`,
    changesAt: link.expiresAt,
    blocks: [
      paragraph(
        t`The link ${leadsTo()[link.purpose]} was opened in a browser. If that was you, choose the number you see there.`,
      ),
      {
        kind: 'buttons',
        allShown: true,
        buttons: [
          ...choicesFor(link).map((code) => ({
            label: code,
            does: confirmLinkNumber.with({ ...target, code }),
          })),
          { label: t`I didn't open it`, does: confirmLinkNumber.with(target) },
        ],
      },
    ],
  };
};

export const confirmLinkNumber = buttonAction({
  id: 'link.confirm',
  payload: asked.extend({ code: z.string().optional() }),

  async handle({ linkId, opening, code }, turn: Turn): Promise<Reply> {
    const answer = { personId: turn.actor.id, opening, code };
    const { confirmed, purpose } = await turn.transact(async (tx) => {
      const link = await tx.links.find(linkId);
      const outcome = await confirmLink(tx, linkId, answer);
      if (outcome === 'wrong' && link?.purpose === 'emailed') await stopEmailed(tx, link.subject);
      if (outcome === 'wrong' || outcome === 'not-yours')
        await tx.audit('link.refused', {
          actor: actorOf(turn),
          personId: turn.actor.id,
          detail: { linkId },
        });
      return { confirmed: outcome, purpose: link?.purpose };
    });
    switch (confirmed) {
      case 'confirmed':
        return { kind: 'nothing' }; // The live card shows the result.
      case 'wrong':
        return sayHere(stopped(purpose));
      case 'stale':
        return sayHere(newer());
      case 'over':
        return sayHere(over());
      case 'not-yours':
        return sayHere(note(t`This isn't yours`, t`Only the recipient can answer it.`));
      default:
        return unreachable(confirmed);
    }
  },
});

const over = () =>
  note(
    t`This question is closed`,
    t`The link was used or has expired. If you still need it, get a new one the same way as before.`,
  );
const newer = () =>
  note(
    t`There is a newer question`,
    t`The link was opened in another browser after this. Answer the newer question, or get a new link.`,
  );
const stopped = (purpose: LinkPurpose | undefined) =>
  purpose === 'emailed'
    ? note(
        t`The link is blocked`,
        t`Nothing was shown, and the message is deleted. If you opened the link, request the access again or ask your admin. If not, someone else reads your email: tell your Latchkey admin.`,
      )
    : note(
        t`The link is blocked`,
        t`Nothing was shown. If you opened it, get a new link the same way as before. If not, someone else has seen the link: tell your Latchkey admin.`,
      );
