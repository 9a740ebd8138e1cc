export interface Place<T> {
  value: T | undefined;
  readonly next: Map<string, Place<T>>;
}

/**
 * A place for each list of texts. It is found text by text, which is quicker than to make one text of all of them and look that up:
 * those of several statements are kilobytes.
 */
export class ByTexts<T> {
  readonly #most: number;
  #first: Place<T> = { value: undefined, next: new Map() };
  #size = 0;

  /** @param most places; at the next one it starts over */
  constructor(most: number) {
    this.#most = most;
  }

  at(texts: Iterable<string>): Place<T> {
    if (this.#size >= this.#most) this.clear();
    let place = this.#first;
    for (const text of texts) {
      let next = place.next.get(text);
      if (!next) {
        next = { value: undefined, next: new Map() };
        place.next.set(text, next);
        this.#size += 1;
      }
      place = next;
    }
    return place;
  }

  clear(): void {
    this.#first = { value: undefined, next: new Map() };
    this.#size = 0;
  }
}
