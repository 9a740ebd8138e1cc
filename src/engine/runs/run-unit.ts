/**
 * A unit of work of a run: one transaction, which reads once what it needs of the person at the app, and stores once, at its end, what
 * its steps have changed there. Often one step ends and the next one begins.
 */
import { AtApp } from '../access/at-app.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Run, Step } from './run.ts';

export class RunUnit {
  readonly tx: Transaction;
  #steps: Step[] = [];
  #atApp: Promise<AtApp> | undefined;

  constructor(tx: Transaction) {
    this.tx = tx;
  }

  /** Stores the step, in its last state, with the rest of the unit. */
  put(step: Step): void {
    this.#steps = [...this.#steps.filter(({ index }) => index !== step.index), step];
  }

  atApp(run: Run): Promise<AtApp> {
    this.#atApp ??= AtApp.read(this.tx, run);
    return this.#atApp;
  }

  /** What was changed so far. Call it before anything reads it. @throws {StaleWrite} */
  async store(): Promise<void> {
    const steps = this.#steps;
    this.#steps = [];
    if (steps.length > 0) await this.tx.runs.putSteps(steps);
    const atApp = await this.#atApp;
    await atApp?.store(this.tx);
  }
}
