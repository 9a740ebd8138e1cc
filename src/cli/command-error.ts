/** A mistake that the command's user can fix. Only its message is shown. */
export class CommandError extends Error {
  readonly code = 'command';
  /** @param reasons each on a line of its own */
  constructor(message: string, reasons: readonly string[] = []) {
    super([message, ...reasons].join('\n  '));
    this.name = 'CommandError';
  }
}
