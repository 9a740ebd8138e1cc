import { readFileSync } from 'node:fs';
import mustache from 'mustache';

/** A page that only says something: what happened, and what to do. */
export interface MessagePage {
  readonly title: string;
  readonly text: string;
}

const messageTemplate = readFileSync(new URL('./pages/message.mustache', import.meta.url), 'utf8');

/** @returns HTML; both texts appear literally, whatever is in them */
export function renderMessage(page: MessagePage): string {
  return mustache.render(messageTemplate, page);
}
