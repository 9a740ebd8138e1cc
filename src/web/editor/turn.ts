import type { EditorSession, Subject } from './session.ts';
import type { Typed } from './typed.ts';
import type { Page, PageName } from './views.ts';

/** One request that may go on. */
export interface Turn {
  readonly session: EditorSession;
  readonly subject: Subject;
  readonly typed: Typed;
  /** Sends one of the pages, with what all of them have. */
  readonly show: (name: PageName, page: Page, status?: number) => void;
}

/** Where a session's pages are; its cookie goes there and nowhere else. */
export const rootOf = ({ id }: EditorSession, base: string): string =>
  `${base}/editor/${encodeURIComponent(id)}`;
