/** A conversation or message in chat. Only the adapter of the platform writes and reads `key`. */
export interface Address {
  readonly platform: 'slack' | 'teams';
  readonly key: string;
}

/** A live card: its view, the view's payload, and the topic that it follows. */
export interface LiveCardRef {
  readonly view: string;
  /** JSON of the view's payload (ids and page numbers only). */
  readonly payload: string;
  /** A topic such as `person:<id>` or `run:<id>`. Invalidating the topic refreshes the card. */
  readonly topic: string;
}
