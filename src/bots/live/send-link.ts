/** Sends a link into the browser to the one person who may use it. */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import type { Link, LinkPurpose } from '../../engine/links/link.ts';
import { issueLink } from '../../engine/links/links.ts';
import type { Person } from '../../engine/people/directory.ts';
import { isAdmin } from '../../engine/people/permission.ts';
import { sentLinkTopic } from '../../engine/work/topics.ts';
import { type Reply, showCard } from '../view/action.ts';
import { type Card, note, type Text } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import type { Reader, Turn } from './context.ts';

/**
 * The message with the link, while it can be opened. Afterwards it says so. The address is stored nowhere, so nothing can draw that
 * message again.
 */
export const sentLink = liveCard({
  id: 'sent-link',
  payload: z.object({ linkId: z.string() }),
  topic: ({ linkId }) => sentLinkTopic(linkId),

  async render({ linkId }, { stores, now }: Reader): Promise<Card> {
    const link = await stores.links.find(linkId);
    if (link?.state === 'used')
      return ended(
        t`Opened in your browser`,
        t`The link ${leadsTo()[link.purpose]} works only once.`,
      );
    if (link?.state === 'refused') return ended(t`This link was blocked`);
    if (link && link.expiresAt > now()) return { title: '', blocks: [], isAsPosted: true };
    return ended(
      t`This link has expired`,
      t`If you still need it, get a new one the same way as before.`,
    );
  },
});

const ended = (title: string, ...paragraphs: readonly string[]): Card => ({
  ...note(title, ...paragraphs),
  isFinal: true,
});

/**
 * Makes a new link for the actor. The previous one works until it is used or expires.
 * @param paragraphs what the person will find there
 */
export async function sendLink(
  { purpose, subject }: Pick<Link, 'purpose' | 'subject'>,
  { title, paragraphs }: { readonly title: string; readonly paragraphs: readonly string[] },
  turn: Turn,
): Promise<Reply> {
  const link = await turn.transact((tx) =>
    issueLink(tx, { purpose, subject, personId: turn.actor.id }),
  );
  const { isPublic, urlOf } = turn.links;
  const open: Text = [{ kind: 'link', text: t`Open it in your browser`, url: urlOf(link) }, '.'];
  const local = isPublic ? [] : [localText(turn.actor)];
  const card = note(title, ...paragraphs, open, goodFor(), ...local);
  const drawn: Card = { ...card, isAsPosted: true, changesAt: link.expiresAt };
  return showCard({ ...sentLink.with({ linkId: link.id }), drawn });
}

export const leadsTo = (): Readonly<Record<LinkPurpose, string>> => ({
  delivery: t`to your message`,
  emailed: t`in an email from Latchkey`,
  secrets: t`to the page for secrets`,
  manifest: t`to the manifest editor`,
  connect: t`to connect an integration`,
  export: t`to a file you export`,
  bundles: t`to the page of bundles`,
  authenticator: t`to set up your authenticator`,
  overview: t`to the overview`,
  hook: t`to the secret of a webhook`,
  'api-token': t`to a new API token`,
});

const goodFor = () =>
  t`Only you can use this link, and it expires in 15 minutes. I'll ask you here which number the page shows.`;
/** Only admins can do something about it. */
const localText = (reader: Person) =>
  isAdmin(reader)
    ? t`The link only opens on the machine that Latchkey runs on, because no public address is configured. Set PUBLIC_URL where Latchkey is started, and links open everywhere.`
    : t`The link only opens on the machine that Latchkey runs on, because Latchkey has no public address yet. Ask a Latchkey admin.`;
