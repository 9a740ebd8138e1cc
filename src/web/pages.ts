import { readFileSync } from 'node:fs';
import type { Response } from 'express';
import mustache from 'mustache';

/** A page that says something: what happened, and what to do; and, where there is more to it, one thing to do or see. */
export interface MessagePage {
  readonly title: string;
  readonly text: string;
  /** A number to compare, in large digits. */
  readonly code?: string;
  /** The page asks for itself again after this time. */
  readonly refreshSeconds?: number;
  /** A button that posts to this very address. */
  readonly button?: string;
  /** A text as it is, line by line. */
  readonly revealed?: string;
}

const messageTemplate = readFileSync(new URL('./pages/message.mustache', import.meta.url), 'utf8');

/** @returns HTML; all texts appear literally, whatever is in them */
export function renderMessage(page: MessagePage): string {
  return mustache.render(messageTemplate, page);
}

export function sendPage(response: Response, status: number, page: MessagePage): void {
  uncached(response).status(status).type('text/html').send(renderMessage(page));
}

export const uncached = (response: Response): Response => response.set('Cache-Control', 'no-store');
