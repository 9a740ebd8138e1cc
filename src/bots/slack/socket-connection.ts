/**
 * Keeps Slack's socket connected. The SDK's own reconnecting is off: its failures become unhandled rejections, which end
 * the process (`SocketModeClient.delayReconnectAttempt`, @slack/socket-mode 3.1).
 */
import type { SocketModeReceiver } from '@slack/bolt';
import { SocketFailed } from './connection.ts';
import { toPlatformError } from './web-api.ts';

type Client = SocketModeReceiver['client'];

/** Slack regularly closes a socket, and we reconnect at once. After failures the pauses grow. */
const PAUSES_MS = [0, 1000, 2000, 5000, 10_000, 30_000];

export interface SocketConnectionOptions {
  readonly client: Client;
  readonly onError: (error: unknown, where: string) => void;
  /** Milliseconds before each next try; the last value repeats. Other values are for tests. */
  readonly pausesMs?: readonly number[];
}

export class SocketConnection {
  readonly #client: Client;
  readonly #onError: SocketConnectionOptions['onError'];
  readonly #pausesMs: readonly number[];
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #isConnected = false;

  constructor({ client, onError, pausesMs = PAUSES_MS }: SocketConnectionOptions) {
    this.#client = client;
    this.#onError = onError;
    this.#pausesMs = pausesMs;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Connects for the first time. @throws {SocketFailed} */
  async start(): Promise<void> {
    this.#stopped = false;
    try {
      await this.#client.start();
    } catch (error) {
      throw new SocketFailed(toPlatformError(error));
    }
    this.#isConnected = true;
    this.#client.on('disconnected', this.#reconnectLater);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client.off('disconnected', this.#reconnectLater);
    await this.#client.disconnect();
  }

  readonly #reconnectLater = (): void => {
    this.#isConnected = false;
    if (this.#stopped || this.#timer) return;
    const pause = this.#pausesMs[Math.min(this.#failures, this.#pausesMs.length - 1)] ?? 0;
    this.#timer = setTimeout(() => void this.#reconnect(), pause);
  };

  async #reconnect(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#client.start();
      this.#failures = 0;
      this.#isConnected = true;
    } catch (error) {
      this.#failures++;
      this.#onError(toPlatformError(error), `slack socket`);
      this.#reconnectLater();
    }
  }
}
