/**
 * HTML pages. A *page* is a shared layout with its own body. All texts appear literally. A template's own texts stand in
 * {{#say}}…{{/say}} and are translated into the reader's language.
 */
import { readFileSync } from 'node:fs';
import type { Response } from 'express';
import mustache from 'mustache';
import { languageOf, locale, sayText, t } from '../core/translate.ts';

/** What the layout shows around a page's body. */
export interface PageFrame {
  readonly title: string;
  /** Without a script the page reloads after this time. A script follows what it waits for instead. */
  readonly refreshSeconds?: number;
  /** The page then goes to this address. */
  readonly goesTo?: string;
  /** Uses the whole width of the window. */
  readonly wide?: boolean;
  /** The page's own modules and style sheets. */
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
  /** When the page or its link ends. A script shows it in the reader's time zone, and how long that still is. */
  readonly endsAt?: Date | undefined;
  /** Ways back to chat, on a page that leads nowhere else. */
  readonly chats?: readonly PageLink[];
}

export interface PageLink {
  readonly label: string;
  readonly url: string;
}

/** What all pages of this Latchkey have in common. */
export interface Site {
  /** The path of our public address, such as `/latchkey`; empty where it has none. */
  readonly base: string;
  readonly chats: readonly Chat[];
}
export type Chat = 'Slack' | 'Teams';

/** They open the chat itself: no address leads everyone to the bot, whichever way a company has installed it. */
const CHAT_URLS: Readonly<Record<Chat, string>> = {
  Slack: 'https://app.slack.com/client',
  Teams: 'https://teams.microsoft.com/',
};
const NO_SITE: Site = { base: '', chats: [] };
const siteOf = ({ locals }: Response): Site => (locals['site'] as Site | undefined) ?? NO_SITE;

/** Every page that is sent through this response then knows the site. */
export const useSite = (response: Response, site: Site): void => {
  response.locals['site'] = site;
};

/** The script that copies texts, counts down and waits. Pages work without it. */
export const PAGE_SCRIPT = '/assets/page.js';

/** Ways back to chat, for a page that is the last one. */
export const waysBack = (response: Response): readonly PageLink[] =>
  siteOf(response).chats.map((chat) => ({ label: t`Open ${chat}`, url: CHAT_URLS[chat] }));

/** A page with a message: what happened, and what to do. It may have one thing to do or see. */
export interface MessagePage extends PageFrame {
  readonly text: string;
  /** A number to compare, in large digits. The page waits until its person has pressed it in chat. */
  readonly code?: string;
  /** A button that posts to the same address. */
  readonly button?: string;
  /** A literal text, line by line. */
  readonly revealed?: string;
  /** What an admin opens: a status, and what an app said. */
  readonly details?: string | undefined;
  readonly link?: PageLink;
}

const readText = (address: URL): string => readFileSync(address, 'utf8');
const layout = readText(new URL('./pages/layout.mustache', import.meta.url));
const style = readText(new URL('./pages/style.css', import.meta.url));

/** mustache calls this for a section of text. The section is translated first and filled in afterwards. */
const sayInPage = () => (text: string, render: (text: string) => string) =>
  render(sayText(text.replaceAll(/\s+/g, ' ').trim()));

/** In UTC, and labelled so, since a page without a script doesn't know its reader's time zone. */
const endOf = ({ endsAt }: PageFrame) =>
  endsAt && {
    end: { iso: endsAt.toISOString(), clock: t`${endsAt.toISOString().slice(11, 16)} UTC` },
  };

/** What the browser's tab says. */
const tabOf = ({ title }: PageFrame): string =>
  title === 'Latchkey' ? title : `${title} · Latchkey`;

/** Renders a page's body in the layout. */
export type Template<View> = (view: View & PageFrame) => string;

/**
 * @param file a mustache template of a body
 * @param partials templates that it uses
 * @returns a function that renders a view as HTML; all texts appear literally
 */
export function pageTemplate<View extends object>(
  file: URL,
  partials: Readonly<Record<string, string>> = {},
): Template<View> {
  const body = readText(file);
  return (view) =>
    mustache.render(
      layout,
      {
        ...view,
        ...endOf(view),
        tab: tabOf(view),
        say: sayInPage,
        language: languageOf(locale()),
        locale: locale(),
      },
      { ...partials, body, style },
    );
}

/** @returns HTML; all texts appear literally */
export const renderMessage: Template<MessagePage> = pageTemplate(
  new URL('./pages/message.mustache', import.meta.url),
);

export function sendPage(response: Response, status: number, page: MessagePage): void {
  const { base } = siteOf(response);
  const scripts = [`${base}${PAGE_SCRIPT}`];
  const chats = isLast(page) ? waysBack(response) : [];
  sendHtml(response, status, renderMessage({ scripts, chats, ...page }));
}

/** True for a page with nothing left to press or to wait for. */
const isLast = ({ button, link, goesTo, refreshSeconds }: MessagePage): boolean =>
  button === undefined &&
  link === undefined &&
  goesTo === undefined &&
  refreshSeconds === undefined;

export function sendHtml(response: Response, status: number, html: string): void {
  uncached(response).status(status).type('text/html').send(html);
}

export const uncached = (response: Response): Response => response.set('Cache-Control', 'no-store');
