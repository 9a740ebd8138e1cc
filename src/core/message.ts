/** A conversation or message in chat. Only the adapter of the platform writes and reads `key`. */
export interface Address {
  readonly platform: 'slack' | 'teams';
  readonly key: string;
}

/**
 * The part of a key that says which place it is. Before it a key of Teams names the server that serves the conversation now
 * (`{"serviceUrl":"…","channel":…`), which Microsoft may change.
 */
const PLACE_BEGINS = ',"channel":';
export const placeIn = ({ key }: Address): string =>
  key.slice(Math.max(0, key.indexOf(PLACE_BEGINS)));

export const isSamePlace = (one: Address, other: Address): boolean =>
  one.platform === other.platform && placeIn(one) === placeIn(other);

/** A live card: its view, the view's payload, and the topic that it follows. */
export interface LiveCardRef {
  readonly view: string;
  /** JSON of the view's payload (ids and page numbers only). */
  readonly payload: string;
  /** A topic such as `person:<id>` or `run:<id>`. Invalidating the topic refreshes the card. */
  readonly topic: string;
}
