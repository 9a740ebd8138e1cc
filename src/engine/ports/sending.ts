/** Messages out: email, texts and chat as deliveries see them. */

/** What became of one attempt to send. */
export type Sending =
  /** `note`: what the other side said that people should know. */
  | { readonly kind: 'sent'; readonly note?: string }
  /** It may work later. `why` is a sentence for people. */
  | {
      readonly kind: 'later';
      readonly why: string;
      readonly afterMs?: number;
      /** It may have gone out all the same, and then the next try sends it twice. */
      readonly isDoubtful?: true;
    }
  /** There is too much at once, so nothing was sent, and it was no try. `why` is a sentence for people. */
  | { readonly kind: 'busy'; readonly why: string; readonly afterMs: number }
  /** It won't work, however often it is tried. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It may have gone out or not, and is not to be sent again. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface Mail {
  /** The same each time that the same message is sent: whoever gets it twice can tell. */
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
  /** As E.164 has it: `+32470123456`. */
  readonly to: string;
  readonly message: string;
}

/** What is said in chat: a text as it is, or a card that reveals a delivery once. */
export type ChatMessage =
  | { readonly kind: 'plain'; readonly title: string; readonly text: string }
  | { readonly kind: 'sealed'; readonly deliveryId: string };

/** Chat as deliveries see it. Never throws for what a platform does. */
export interface Messenger {
  /** To their direct conversation, where they last wrote. `absent`: there is none, and none can be opened. */
  toPerson(personId: string, message: ChatMessage): Promise<Sending | { readonly kind: 'absent' }>;
  /** @param name as the platform's people write it, `#general` */
  toChannel(name: string, message: ChatMessage): Promise<Sending>;
}
