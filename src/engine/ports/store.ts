/** What every store has in common. */

/** Thrown by `save` when the row has changed since it was read. */
export class StaleWrite extends Error {
  readonly code = 'stale-write';
  constructor(what: string, id: string) {
    super(`${what} ${id} has changed since it was read`);
    this.name = 'StaleWrite';
  }
}

export interface Page {
  readonly offset: number;
  readonly limit: number;
}
