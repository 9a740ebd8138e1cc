import type { EditorSession, Subject } from './session.ts';
import type { Typed } from './typed.ts';
import type { Page, PageName } from './views.ts';

/** One valid request. */
export interface Turn {
  readonly session: EditorSession;
  readonly subject: Subject;
  readonly typed: Typed;
  /** Sends one of the pages, with the values that all of them have. */
  readonly show: (name: PageName, page: Page, status?: number) => void;
}

/** The path of a session's pages. Its cookie is limited to it. */
export const rootOf = ({ id }: EditorSession, base: string): string =>
  `${base}/editor/${encodeURIComponent(id)}`;
