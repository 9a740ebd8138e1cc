/** Stores whether Slack's admins removed Latchkey, by what Slack answers to the calls of this process. */
import type { PlatformCall } from '../bots/view/platform.ts';
import type { Database } from '../engine/ports/unit-of-work.ts';
import {
  forgetSlackRemoval,
  rememberSlackRemoval,
  SLACK_REMOVAL,
} from '../engine/settings/set-up-memory.ts';
import type { Log } from '../log.ts';

interface RemovalDeps extends Pick<Database, 'transact' | 'now'> {
  readonly log: Pick<Log, 'error'>;
  readonly onError: (error: unknown, where: string) => void;
}

export class SlackRemoval {
  readonly #deps: RemovalDeps;
  /** Another process may have stored one. */
  #mayBeStored = true;
  #storing = Promise.resolve();

  constructor(deps: RemovalDeps) {
    this.#deps = deps;
  }

  heard(outcome: PlatformCall['outcome']): void {
    if (outcome === 'removed') {
      this.#mayBeStored = true;
      this.#store(() => this.#remember());
    }
    if (outcome === 'ok' && this.#mayBeStored) {
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
        `${SLACK_REMOVAL.what}. Nothing is sent there; messages of integrations wait for a day, others do not. ${SLACK_REMOVAL.next}`,
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
