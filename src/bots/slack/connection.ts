/** Slack may be unreachable when we start. Nothing else waits for it, and we retry until it answers. */
import { PlatformError } from '../view/platform.ts';
import type { SlackLog } from './web-api.ts';

/** The pause between two tries to reach Slack. */
const AGAIN_MS = 10_000;

/** Slack takes the bot token, and opened no socket for the app token. */
export class SocketFailed extends PlatformError {
  constructor({ code, message, cause, retryAfterMs }: PlatformError) {
    super(code, message, { cause, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  }
}

interface Connecting {
  /** @throws {PlatformError} */
  start(): Promise<void>;
}

export class SlackConnection {
  readonly #slack: Connecting;
  readonly #log: SlackLog;
  readonly #againMs: number;
  #again: NodeJS.Timeout | undefined;
  #givenUp = false;
  #opened: 'open' | 'waiting' | 'refused' = 'waiting';

  constructor(slack: Connecting, log: SlackLog, againMs = AGAIN_MS) {
    this.#slack = slack;
    this.#log = log;
    this.#againMs = againMs;
  }

  /** `waiting`: Slack has not answered since the start. `refused`: it answered and refused us. */
  get opened(): 'open' | 'waiting' | 'refused' {
    return this.#opened;
  }

  /** Tries once, and retries later when Slack is unreachable. @returns why Slack refuses us for good, if it does. */
  async open(): Promise<PlatformError | undefined> {
    try {
      await this.#slack.start();
      this.#opened = 'open';
      return undefined;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      if (error.code === 'refused' || error.code === 'removed' || error.code === 'gone') {
        this.#opened = 'refused';
        return error;
      }
      this.#log.warn(`Slack cannot be reached and is tried again: ${error.message}`);
      if (!this.#givenUp) this.#again = setTimeout(() => void this.#openAgain(), this.#againMs);
      return undefined;
    }
  }

  giveUp(): void {
    this.#givenUp = true;
    clearTimeout(this.#again);
  }

  async #openAgain(): Promise<void> {
    const refused = await this.open();
    if (refused) this.#log.error(`Slack refuses us: ${refused.message}`);
  }
}
