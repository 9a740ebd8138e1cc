/** Whether Slack's admins removed Latchkey, by what Slack answers to our calls. */
import type { PlatformCall } from '../bots/view/platform.ts';
import type { Database } from '../engine/ports/unit-of-work.ts';
import { forgetSlackRemoval, rememberSlackRemoval } from '../engine/settings/set-up-memory.ts';
import type { Log } from '../log.ts';

interface RemovalDeps extends Pick<Database, 'transact' | 'now'> {
  readonly log: Pick<Log, 'error'>;
  readonly onError: (error: unknown, where: string) => void;
}

export class SlackRemoval {
  readonly #deps: RemovalDeps;
  #at: Date | undefined;
  /** An earlier process may have stored one. */
  #mayBeStored = true;
  #storing = Promise.resolve();

  constructor(deps: RemovalDeps) {
    this.#deps = deps;
  }

  /** Undefined while Slack takes our token. */
  get at(): Date | undefined {
    return this.#at;
  }

  heard(outcome: PlatformCall['outcome']): void {
    if (outcome === 'removed' && !this.#at) {
      this.#at = this.#deps.now();
      this.#mayBeStored = true;
      this.#store(() => this.#remember());
    }
    if (outcome === 'ok' && this.#mayBeStored) {
      this.#at = undefined;
      this.#mayBeStored = false;
      this.#store(() => this.#deps.transact(forgetSlackRemoval));
    }
  }

  /** Resolves when what was heard is stored. */
  stored(): Promise<void> {
    return this.#storing;
  }

  /** One line for all processes and for as long as Latchkey is removed. */
  async #remember(): Promise<void> {
    const { transact, log } = this.#deps;
    if (await transact(rememberSlackRemoval))
      log.error(
        'Latchkey was removed from Slack: nothing is sent there. Messages of integrations wait for a day, others do not. Install the app again at api.slack.com/apps, set SLACK_BOT_TOKEN and start Latchkey again',
      );
  }

  /** One after the other, so that the last one counts. */
  #store(change: () => Promise<void>): void {
    const { onError } = this.#deps;
    this.#storing = this.#storing
      .then(change)
      .catch((error: unknown) => onError(error, 'the removal from Slack'));
  }
}
