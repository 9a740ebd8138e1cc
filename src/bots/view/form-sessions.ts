import type { ShownCall } from './action-call.ts';
import type { Form } from './form.ts';

/** A form, and the action with its payload that it was shown for: it answers that one and no other. */
export interface ShownForm {
  readonly form: Form;
  readonly call: ShownCall;
}

/**
 * What somebody was shown, kept until they answer (an hour at most) and readable by every process.
 * The id travels with the form; the fields and what they are for stay on the server, so that
 * neither a choice nor another action can be forged.
 */
export interface FormSessions {
  /** @returns the session's id. */
  save(shown: ShownForm, user: SessionUser): Promise<string>;
  /** Undefined when it is unknown, over, answered already, or somebody else's. */
  find(id: string, user: SessionUser): Promise<ShownForm | undefined>;
  /** True for the first caller only. */
  use(id: string): Promise<boolean>;
  /** After an answer that was refused: it may be answered again. */
  reopen(id: string): Promise<void>;
}

/** The person in the directory whom the form was shown to. */
export interface SessionUser {
  readonly personId: string;
  /** BCP 47: what they read. Left out: what holds for everybody. */
  readonly locale?: string;
}
