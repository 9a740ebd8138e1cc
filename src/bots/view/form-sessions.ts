import type { Form } from './form.ts';

/**
 * What somebody was shown, kept until they answer (an hour at most) and readable by every process.
 * The id travels with the form; the fields stay on the server, so a forged or stale choice cannot be sent.
 */
export interface FormSessions {
  /** @returns the session's id. */
  save(form: Form, user: SessionUser): Promise<string>;
  /** Undefined when it is unknown, over, answered already, or somebody else's. */
  find(id: string, user: SessionUser): Promise<Form | undefined>;
  /** True for the first caller only. */
  use(id: string): Promise<boolean>;
  /** After an answer that was refused: it may be answered again. */
  reopen(id: string): Promise<void>;
}

/** The person in the directory whom the form was shown to. */
export interface SessionUser {
  readonly personId: string;
}
