/** Sends a link into the browser to the one person who may use it. */
import { t } from '../../core/translate.ts';
import type { Link } from '../../engine/links/link.ts';
import { issueLink } from '../../engine/links/links.ts';
import type { Person } from '../../engine/people/directory.ts';
import { isAdmin } from '../../engine/people/permission.ts';
import { type Reply, sayToPerson } from '../view/action.ts';
import { note, type Text } from '../view/card.ts';
import type { Turn } from './context.ts';

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
  return sayToPerson(note(title, ...paragraphs, open, goodFor(), ...local));
}

const goodFor = () =>
  t`Only you can use this link, and it expires in 15 minutes. I'll ask you here which number the page shows.`;
/** Only admins can do something about it. */
const localText = (reader: Person) =>
  isAdmin(reader)
    ? t`The link only opens on the machine that Latchkey runs on, because no public address is configured. Set PUBLIC_URL where Latchkey is started, and links open everywhere.`
    : t`The link only opens on the machine that Latchkey runs on, because Latchkey has no public address yet. Ask a Latchkey admin.`;
