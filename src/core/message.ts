/** Where a message is or can go; `key` is written and read only by the platform that issued it. */
export interface Address {
  readonly platform: 'slack' | 'teams';
  readonly key: string;
}

/** A live card: which view shows it, of what, and whose changes it follows. */
export interface LiveCardRef {
  readonly view: string;
  /** JSON of the view's payload (ids and page numbers only). */
  readonly payload: string;
  /** What it is about, e.g. `person:<id>` or `run:<id>`; a change of the subject refreshes the card. */
  readonly subject: string;
}
