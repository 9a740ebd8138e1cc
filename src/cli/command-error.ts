/** Thrown for what the user of the command has to mend; its message is all that is shown. */
export class CommandError extends Error {
  readonly code = 'command';
  constructor(message: string) {
    super(message);
    this.name = 'CommandError';
  }
}
