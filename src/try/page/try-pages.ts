/** What the pages of a try need. */
import type { Manifest } from '../../engine/manifest/schema.ts';
import type { Person } from '../../engine/people/directory.ts';
import type { OptionsAnswer } from '../../engine/ports/chat-stores.ts';
import type { RunInputs } from '../../engine/runs/run.ts';
import type { EditorSession, Subject } from '../../web/editor/session.ts';
import type { Part } from '../parts.ts';
import type { StartedTry, Trying } from '../tries.ts';

export interface TryOf {
  readonly session: EditorSession;
  readonly subject: Subject;
  /** The manifest as typed, and as parsed. */
  readonly text: string;
  readonly manifest: Manifest;
  /** Undefined for a sync. */
  readonly person: Person | undefined;
}

export interface TryPages {
  /** Fetches a field's options from the app, as a form in chat would. */
  options(wanted: TryOf, fieldId: string): Promise<OptionsAnswer>;
  /** Starts a try, and writes an audit entry. */
  start(
    wanted: TryOf,
    how: {
      readonly part: Part;
      readonly dryRun: boolean;
      readonly form: RunInputs['form'];
    },
  ): Promise<StartedTry>;
  /** The session's last try. */
  of(session: EditorSession): Trying | undefined;
  stop(session: EditorSession): void;
}
