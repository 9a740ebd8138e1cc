/**
 * The content of a message, independent of any platform's terms and markup. A plain string is literal: renderers show
 * every character as it is.
 */
import { compact } from '../../core/compact.ts';
import type { LiveCardRef } from '../../core/message.ts';
import { sayText, sourceOf } from '../../core/translate.ts';
import type { ActionCall } from './action-call.ts';

export type Span =
  | string
  | { readonly kind: 'strong' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string };

export type Text = readonly Span[];

export const strong = (text: string): Span => ({ kind: 'strong', text });
export const code = (text: string): Span => ({ kind: 'code', text });

/** A whole sentence with spans, whose order each language chooses: rich`Type ${code('help')} to begin.` */
export function rich(parts: TemplateStringsArray, ...values: readonly (Span | number)[]): Text {
  const pieces = sayText(sourceOf(parts)).split(/\{(\d+)\}/);
  const spans = pieces.map((piece, at) => (at % 2 === 0 ? piece : (values[Number(piece)] ?? '')));
  return spans.reduce<Span[]>((text, span) => {
    const last = text.at(-1);
    if (typeof span === 'object') return [...text, span];
    if (typeof last === 'string') return [...text.slice(0, -1), `${last}${span}`];
    return span === '' ? text : [...text, String(span)];
  }, []);
}

/** A renderer splits a card that exceeds its platform's limits into several messages. It never cuts silently. */
export interface Card {
  readonly title: string;
  readonly blocks: readonly Block[];
  /**
   * Whether its message follows a topic and is for one person, so that their client may fetch the card's current state when
   * they open it.
   */
  readonly isLive?: boolean;
  /**
   * How many blocks at its end stay where one place has to hold it and not everything fits. Left out: the buttons at its
   * end, since without them nobody could go on.
   */
  readonly keptAtEnd?: number;
  /** It says how everything ended: it is edited once more, to this, and then no longer. */
  readonly isFinal?: true;
  /** What its message shows still holds, and can't be drawn again: it isn't edited. */
  readonly isAsPosted?: true;
  /** When it says something else although nothing changes: its message is refreshed then. */
  readonly changesAt?: Date;
}

/** A live card that a handler shows. */
export interface ShownCard extends LiveCardRef {
  /** How it looks now for who is shown it, where the handler has read what it shows. Left out: its view renders it. */
  readonly drawn?: Card;
}

export type Block =
  | { readonly kind: 'text'; readonly text: Text; readonly muted?: boolean }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [label: string, value: Text])[] }
  | { readonly kind: 'divider' }
  | Row
  | Checklist
  | {
      readonly kind: 'buttons';
      readonly buttons: readonly Button[];
      /** Shown when the reader opens the menu beside the buttons. */
      readonly more?: readonly Button[];
      /** All of them stand: answers to one question, or the ways from Home. At most five beside a menu: Teams shows six. */
      readonly allShown?: true;
    };

/** One thing in a list: its name, a muted second line, and what can be done with it. */
export interface Row {
  readonly kind: 'row';
  readonly text: Text;
  readonly detail?: Text;
  /** Beside the text where there is one and it is short, else below it. */
  readonly buttons: readonly Button[];
  /** Shown when the reader opens the row's menu. */
  readonly more?: readonly Button[];
}

export interface Checklist {
  readonly kind: 'checklist';
  readonly label: string;
  readonly entries: readonly ChecklistEntry[];
  /**
   * What a tick does; its payload gets `ticks` (`checklist.ts`). A platform without an event for a tick shows a button to
   * save them. Left out for those who may only read it.
   */
  readonly does?: ActionCall;
}

export interface ChecklistEntry {
  readonly text: string;
  readonly isDone: boolean;
  /** A few words below it, such as who did it. */
  readonly note?: string;
}

export interface Button {
  readonly label: string;
  /** Its payload also gets the checklist's `ticks`, where those aren't stored yet. */
  readonly sendsTicks?: boolean;
  /** For screen readers, where other buttons on the card have the same label: label and subject, `Grant: Zoom`. */
  readonly about?: string;
  readonly tone?: 'primary' | 'danger';
  readonly does: ActionCall;
}

/** Those buttons that are there; empty without any, since platforms refuse an empty row. */
export function buttonRow(
  offered: readonly (Button | false | undefined | '')[],
  more: readonly Button[] = [],
): Block[] {
  const buttons = compact(offered);
  return buttons.length + more.length > 0 ? [{ kind: 'buttons', buttons, more }] : [];
}

/** The blocks that may be left out, and those that stay. */
export function splitAtEnd({ blocks, keptAtEnd }: Card): readonly [Block[], Block[]] {
  const end =
    keptAtEnd === undefined
      ? blocks.findLastIndex(({ kind }) => kind !== 'buttons' && kind !== 'divider') + 1
      : blocks.length - keptAtEnd;
  return [blocks.slice(0, end), blocks.slice(end)];
}

/** The card with those of the buttons below that are there. */
export const withButtons = (card: Card, ...buttons: Parameters<typeof buttonRow>[0]): Card => ({
  ...card,
  blocks: [...card.blocks, ...buttonRow(buttons)],
});

export const paragraph = (text: string | Text): Block => ({ kind: 'text', text: textOf(text) });
/** A paragraph that explains, in grey. */
export const muted = (text: string | Text): Block => ({
  kind: 'text',
  muted: true,
  text: textOf(text),
});

export const textOf = (text: string | Text): Text => (typeof text === 'string' ? [text] : text);

/** What is known of something, by its label. */
export type Fact = readonly [label: string, value: string | Text];

export const factList = (facts: readonly Fact[]): Block => ({
  kind: 'facts',
  facts: facts.map(([label, value]) => [label, textOf(value)]),
});

/** A card of one or a few sentences. */
export const note = (title: string, ...paragraphs: readonly (string | Text)[]): Card => ({
  title,
  blocks: paragraphs.map(paragraph),
});
