/** Outgoing messages: email, texts and chat, as deliveries use them. */

/** The result of one attempt to send. */
export type Sending =
  /** `note`: a remark that people should know. */
  | { readonly kind: 'sent'; readonly note?: string }
  /** It may work later. `why` is a sentence for people. */
  | {
      readonly kind: 'later';
      readonly why: string;
      readonly afterMs?: number;
      /** It may have been sent, and then the next try sends it twice. */
      readonly isDoubtful?: true;
    }
  /** Too much was under way, so nothing was sent. That doesn't count as an attempt. `why` is a sentence for people. */
  | { readonly kind: 'busy'; readonly why: string; readonly afterMs: number }
  /** A retry would not help. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It may have been sent or not, so it must not be sent again automatically. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface Mail {
  /** The same each time that the same message is sent, so that a receiver recognises the second one. */
  readonly id: string;
  /** One address or several, comma-separated. */
  readonly to: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
}

/** Never throws for what the mail server does. */
export interface Mailer {
  send(mail: Mail): Promise<Sending>;
}

/** Sends text messages to phones. Never throws for what the provider does. */
export interface TextProvider {
  send(text: OutgoingText): Promise<Sending>;
}

export interface OutgoingText {
  /** The same each time that the same text is sent. */
  readonly id: string;
  /** E.164: `+32470123456`. */
  readonly to: string;
  readonly message: string;
}

/** A chat message: a plain text, or a card that reveals a delivery once. */
export type ChatMessage =
  | { readonly kind: 'plain'; readonly title: string; readonly text: string }
  | { readonly kind: 'sealed'; readonly deliveryId: string };

/** Chat, as deliveries use it. Never throws for what a platform does. */
export interface Messenger {
  /** To the direct conversation where they last wrote. `absent`: there is none, and Latchkey can't open one. */
  toPerson(personId: string, message: ChatMessage): Promise<Sending | { readonly kind: 'absent' }>;
  /** @param name as the platform's people write it, `#general` */
  toChannel(name: string, message: ChatMessage): Promise<Sending>;
}
