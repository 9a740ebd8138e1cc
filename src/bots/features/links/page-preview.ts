/**
 * What stands in a conversation below a link to one of our pages. Everyone there reads it, so the address alone decides it: nothing is
 * looked up, and it has no name, number or state. Pages that a link opens once, or where secrets are typed, have none.
 */
import { locale, t } from '../../../core/translate.ts';
import { inWorkspaceLocale } from '../../../engine/people/locales.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Preview } from '../../view/bot-deps.ts';
import { type Button, type Card, note, withButtons } from '../../view/card.ts';
import { askForAccess } from '../requests/request-access.ts';
import { wordButton } from '../word-button.ts';

interface PreviewDeps {
  readonly stores: Pick<Stores, 'settings'>;
  /** Without a final slash. */
  readonly publicUrl: string;
}

/** @returns undefined for an address that is not ours, or whose page has no preview */
export const previewWith =
  ({ stores, publicUrl }: PreviewDeps) =>
  async (url: string): Promise<Preview | undefined> => {
    const path = pathOf(url, publicUrl);
    if (path === undefined) return undefined;
    return inWorkspaceLocale(stores, async () => {
      const card = previewAt(path);
      return card && { card, locale: locale() };
    });
  };

/** A longer address is none of ours. */
const MAX_URL = 2000;

/** The path below our public address. */
function pathOf(url: string, publicUrl: string): string | undefined {
  if (url.length > MAX_URL || !URL.canParse(url)) return undefined;
  const { origin, pathname, username, password } = new URL(url);
  const ours = new URL(publicUrl);
  const base = ours.pathname.replace(/\/$/, '');
  const isOurs = origin === ours.origin && `${pathname}/`.startsWith(`${base}/`);
  return isOurs && username === '' && password === ''
    ? pathname.slice(base.length).replace(/\/$/, '')
    : undefined;
}

/** Ids of ours. What else an address may hold has no preview. */
const ID = '[\\w-]{1,64}';
const OVERVIEW = new RegExp(
  `^/overview/${ID}(?:/(?<list>people|apps|removals|reviews|findings|health|evidence)(?:/(?<id>${ID}))?)?$`,
);
const EDITORS = new RegExp(`^/(?<pages>bundles|editor)/${ID}(?:/|$)`);

function previewAt(path: string): Card | undefined {
  const overview = OVERVIEW.exec(path)?.groups;
  if (overview) return overviewPreview(overview['list'], overview['id']);
  const editor = EDITORS.exec(path)?.groups?.['pages'];
  if (editor !== undefined)
    return preview(
      editor === 'bundles' ? t`Latchkey: bundles` : t`Latchkey: the manifest of an integration`,
      t`Admins make changes here. The link opens only for the person who got it from Latchkey.`,
    );
  switch (path) {
    case '':
      return preview(t`Latchkey`, t`What Latchkey is. Everyone may read it.`);
    case '/privacy':
      return preview(t`Latchkey: privacy`, t`What Latchkey keeps of people. Everyone may read it.`);
    case '/terms':
      return preview(
        t`Latchkey: terms of use`,
        t`On what terms people use Latchkey. Everyone may read it.`,
      );
    case '/api/v1/docs':
      return preview(
        t`Latchkey: docs of the API`,
        t`For those who write programs. Everyone may read them.`,
      );
    default:
      return undefined;
  }
}

function overviewPreview(list: string | undefined, id: string | undefined): Card | undefined {
  const title = overviewTitle(list, id !== undefined);
  if (title === undefined) return undefined;
  const own = wordButton(t`Open the overview`, 'overview');
  const who = t`Admins and auditors read it. This link opens only for the person who got it from Latchkey; the button sends you your own.`;
  return list === 'apps' && id !== undefined
    ? preview(title, who, requestButton(id), own)
    : preview(title, who, own);
}

/** Undefined for a page that there isn't. */
function overviewTitle(list: string | undefined, isOne: boolean): string | undefined {
  switch (list) {
    case undefined:
      return t`Latchkey: overview`;
    case 'people':
      return isOne ? t`Latchkey: overview of a person` : t`Latchkey: overview of people`;
    case 'apps':
      return isOne ? t`Latchkey: overview of an app` : t`Latchkey: overview of apps`;
    case 'reviews':
      return isOne ? t`Latchkey: overview of a review` : t`Latchkey: overview of reviews`;
    case 'removals':
      return isOne ? undefined : t`Latchkey: overview of removals`;
    case 'findings':
      return isOne ? undefined : t`Latchkey: overview of findings`;
    case 'health':
      return isOne ? undefined : t`Latchkey: what works and what doesn't`;
    case 'evidence':
      return isOne ? undefined : t`Latchkey: evidence for auditors`;
    default:
      return undefined;
  }
}

/** Anyone in the conversation may press it: the form opens for them, if they may request that app. */
const requestButton = (integrationId: string): Button => ({
  label: t`Request this app…`,
  tone: 'primary',
  does: askForAccess.with({ integrationId, isFromLink: true }),
});

const preview = (title: string, text: string, ...buttons: readonly Button[]): Card =>
  withButtons(note(title, text), ...buttons);
