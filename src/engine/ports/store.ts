/** What every store has in common. */

/** Thrown by `save` when the row has changed since it was read. */
export class StaleWrite extends Error {
  readonly code = 'stale-write';
  /** Which row, as it was read; undefined where that is not known. */
  readonly row: string | undefined;

  /** @param version that it was read with */
  constructor(what: string, id: string, version?: number) {
    super(`${what} ${id} has changed since it was read`);
    this.name = 'StaleWrite';
    this.row = version === undefined ? undefined : `${what} ${id} ${version}`;
  }
}

export interface Page {
  readonly offset: number;
  readonly limit: number;
}
