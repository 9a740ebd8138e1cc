/**
 * What a message says, free of any platform's vocabulary and markup.
 * A plain string is literal: renderers show it character by character, whatever it holds.
 */
import type { ActionCall } from './action-call.ts';

export type Span =
  | string
  | { readonly kind: 'strong' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string };

export type Text = readonly Span[];

/** A renderer splits a card that is over its platform's limits into several messages, never cutting silently. */
export interface Card {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'text'; readonly text: Text; readonly muted?: boolean }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [label: string, value: Text])[] }
  | { readonly kind: 'divider' }
  | { readonly kind: 'buttons'; readonly buttons: readonly Button[] };

export interface Button {
  readonly label: string;
  /** For screen readers, where other buttons of the card have the same label: label and subject, `Grant: Zoom`. */
  readonly about?: string;
  readonly tone?: 'primary' | 'danger';
  readonly does: ActionCall;
}

/** A card of one sentence or a few. */
export function note(title: string, ...paragraphs: readonly (string | Text)[]): Card {
  return {
    title,
    blocks: paragraphs.map((text) => ({
      kind: 'text',
      text: typeof text === 'string' ? [text] : text,
    })),
  };
}
