/** A mistake that the command's user can fix. Only its message is shown. */
export class CommandError extends Error {
  readonly code = 'command';
  constructor(message: string) {
    super(message);
    this.name = 'CommandError';
  }
}
