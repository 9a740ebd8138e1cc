/**
 * HTML pages. A *page* is a shared layout with its own body. All texts appear literally. A template's own texts stand in
 * {{#say}}…{{/say}} and are translated into the reader's language.
 */
import { readFileSync } from 'node:fs';
import type { Response } from 'express';
import mustache from 'mustache';
import { languageOf, locale, sayText } from '../core/translate.ts';

/** What the layout shows around a page's body. */
export interface PageFrame {
  readonly title: string;
  /** The page reloads after this time. */
  readonly refreshSeconds?: number;
  /** The same, but only without a script. */
  readonly plainRefreshSeconds?: number;
  /** The page then goes to this address. */
  readonly goesTo?: string;
  /** Uses the whole width of the window. */
  readonly wide?: boolean;
  /** The page's own modules and style sheets. */
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
}

/** A page with a message: what happened, and what to do. It may have one thing to do or see. */
export interface MessagePage extends PageFrame {
  readonly text: string;
  /** A number to compare, in large digits. */
  readonly code?: string;
  /** A button that posts to the same address. */
  readonly button?: string;
  /** A literal text, line by line. */
  readonly revealed?: string;
  readonly link?: { readonly label: string; readonly url: string };
}

const readText = (address: URL): string => readFileSync(address, 'utf8');
const layout = readText(new URL('./pages/layout.mustache', import.meta.url));
const style = readText(new URL('./pages/style.css', import.meta.url));

/** mustache calls this for a section of text. The section is translated first and filled in afterwards. */
const sayInPage = () => (text: string, render: (text: string) => string) =>
  render(sayText(text.replaceAll(/\s+/g, ' ').trim()));

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
      { ...view, say: sayInPage, language: languageOf(locale()) },
      { ...partials, body, style },
    );
}

/** @returns HTML; all texts appear literally */
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
