/**
 * A unit of work of a run: one transaction, which reads once what it needs of the person at the app, and stores what it has changed at
 * once, at its end. Often one step ends and the next one begins.
 */
import type { Json } from '../../core/json.ts';
import { together } from '../../core/together.ts';
import { AtApp } from '../access/at-app.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Integration } from '../people/directory.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import type { Run, Step } from './run.ts';

type AboutStep = Pick<Step, 'runId' | 'attempt' | 'index'>;

/** What a worker has read of a run that it holds, and what stays so until the attempt ends. */
export interface KnownOfRun {
  /** Of the version that the attempt is pinned to. */
  readonly manifest: Manifest;
  readonly hasGenerated: boolean;
}

export class RunUnit {
  readonly tx: Transaction;
  known: KnownOfRun | undefined;
  /** Whether a grant waits behind the attempt that ends here. Undefined: it goes on. */
  hasDeferred: boolean | undefined;
  #steps: Step[] = [];
  #responses: { readonly step: AboutStep; readonly response: Json }[] = [];
  #notes: AuditNote[] = [];
  #atApp: Promise<AtApp> | undefined;
  #held: Promise<Integration | undefined> | undefined;

  constructor(tx: Transaction, known?: KnownOfRun) {
    this.tx = tx;
    this.known = known;
  }

  /** Stores the step, in its last state, with the rest of the unit. */
  put(step: Step): void {
    this.#steps = [...this.#steps.filter(({ index }) => index !== step.index), step];
  }

  /** Stores the app's answer to a step with the rest of the unit. */
  putResponse(step: AboutStep, response: Json): void {
    this.#responses.push({ step, response });
  }

  /** Adds to the audit log with the rest of the unit. */
  audit(note: AuditNote): void {
    this.#notes.push(note);
  }

  atApp(about: Pick<Run, 'personId' | 'integrationId'>): Promise<AtApp> {
    this.#atApp ??= AtApp.read(this.tx, about);
    return this.#atApp;
  }

  /** The run's integration, locked: what is stored of it, and its deletion, come one after the other. */
  holdIntegration({ integrationId }: Run): Promise<Integration | undefined> {
    this.#held ??= this.tx.integrations.holdBeside(integrationId);
    return this.#held;
  }

  /** What was changed so far. Call it before anything reads it. @throws {StaleWrite} */
  async store(): Promise<void> {
    const { tx } = this;
    const [steps, responses, notes] = [this.#steps, this.#responses, this.#notes];
    [this.#steps, this.#responses, this.#notes] = [[], [], []];
    const atApp = await this.#atApp;
    await together([
      steps.length > 0 ? tx.runs.putSteps(steps) : undefined,
      ...responses.map(({ step, response }) => tx.runs.putResponse(step, response)),
      atApp?.store(tx),
      tx.auditAll(notes),
    ]);
  }
}
