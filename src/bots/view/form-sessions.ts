import type { ShownCall } from './action-call.ts';
import type { Form } from './form.ts';

/** A form, and the action with the payload that it was shown for. Its answer can only be used for those. */
export interface ShownForm {
  readonly form: Form;
  readonly call: ShownCall;
}

/**
 * The forms that people have open. Each is stored until its answer, for an hour at most, and every process can read it.
 * The id travels with the form. The fields and the action stay on the server, so neither can be forged.
 */
export interface FormSessions {
  /** @returns the session's id. */
  save(shown: ShownForm, user: SessionUser): Promise<string>;
  /** Undefined when it is unknown, expired, answered already, or another user's. */
  find(id: string, user: SessionUser): Promise<ShownForm | undefined>;
  /** Whether this user has answered or cancelled it within the hour. */
  isAnswered(id: string, user: SessionUser): Promise<boolean>;
  /** True for the first caller only. */
  use(id: string): Promise<boolean>;
  /** Allows another answer after one that was refused. */
  reopen(id: string): Promise<void>;
}

/** The person in the directory to whom the form was shown. */
export interface SessionUser {
  readonly personId: string;
  /** The person's language as a BCP 47 tag. Left out: the default of the workspace. */
  readonly locale?: string;
}
