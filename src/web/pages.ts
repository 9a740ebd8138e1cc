/**
 * HTML pages. A *page* is a layout that all share and a body of its own; every text in it appears literally. What a template
 * says stands in {{#say}}…{{/say}}, and is in the language of whoever reads.
 */
import { readFileSync } from 'node:fs';
import type { Response } from 'express';
import mustache from 'mustache';
import { languageOf, locale, sayText } from '../core/translate.ts';

/** What the layout shows around a page's body. */
export interface PageFrame {
  readonly title: string;
  /** The page asks for itself again after this time. */
  readonly refreshSeconds?: number;
  /** The same, but only where no script runs. */
  readonly plainRefreshSeconds?: number;
  /** The page goes on to this address by itself. */
  readonly goesTo?: string;
  /** Uses the whole width of the window. */
  readonly wide?: boolean;
  /** Addresses of modules and style sheets of the page's own. */
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
}

/** A page that says something: what happened, and what to do; and, where there is more to it, one thing to do or see. */
export interface MessagePage extends PageFrame {
  readonly text: string;
  /** A number to compare, in large digits. */
  readonly code?: string;
  /** A button that posts to this very address. */
  readonly button?: string;
  /** A text as it is, line by line. */
  readonly revealed?: string;
  readonly link?: { readonly label: string; readonly url: string };
}

const readText = (address: URL): string => readFileSync(address, 'utf8');
const layout = readText(new URL('./pages/layout.mustache', import.meta.url));
const style = readText(new URL('./pages/style.css', import.meta.url));

/** What mustache calls for a section of text: its gaps are filled in after it was translated. */
const sayInPage = () => (text: string, render: (text: string) => string) =>
  render(sayText(text.replaceAll(/\s+/g, ' ').trim()));

/** Draws a page's body inside the layout. */
export type Template<View> = (view: View & PageFrame) => string;

/**
 * @param file a mustache template of a body
 * @param partials templates that it names
 * @returns what makes HTML of a view; all texts appear literally
 */
export function pageTemplate<View extends object>(
  file: URL,
  partials: Readonly<Record<string, string>> = {},
): Template<View> {
  const body = readText(file);
  return (view) =>
    mustache.render(
      layout,
      { ...view, say: sayInPage, language: languageOf(locale()) },
      { ...partials, body, style },
    );
}

/** @returns HTML; all texts appear literally, whatever is in them */
export const renderMessage: Template<MessagePage> = pageTemplate(
  new URL('./pages/message.mustache', import.meta.url),
);

export function sendPage(response: Response, status: number, page: MessagePage): void {
  sendHtml(response, status, renderMessage(page));
}

export function sendHtml(response: Response, status: number, html: string): void {
  uncached(response).status(status).type('text/html').send(html);
}

export const uncached = (response: Response): Response => response.set('Cache-Control', 'no-store');
