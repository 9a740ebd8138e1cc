/** What the editor's pages are given. Words: a *try* runs a manifest for a person, dry or for real, and keeps nothing. */
import type { Request } from 'express';
import type { Owner } from '../../engine/integrations/stored-names.ts';
import type { ParsedManifest } from '../../engine/manifest/parse.ts';
import type { Problem } from '../../engine/manifest/problem.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import type { Integration } from '../../engine/people/directory.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import type { TryPages } from '../../try/page/try-parts.ts';
import type { MessagePage } from '../pages.ts';
import type { Assets } from './assets.ts';
import type { EditorSession } from './session.ts';

export type Admitted = { readonly ok: true; readonly session: EditorSession } | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly status: number;
  readonly page: MessagePage;
}

/** A manifest's form as both platforms show it, made by the bot's own renderers. */
export interface Preview {
  /** An Adaptive Card. */
  readonly teams: unknown;
  /** A Slack modal. */
  readonly slack: unknown;
  /** What differs from the real form, in sentences. */
  readonly notes: readonly string[];
}
export type Previewed =
  | { readonly ok: true; readonly preview: Preview }
  /** A sentence: there is no form, or a platform can't show it. */
  | { readonly ok: false; readonly why: string };

export type Saved =
  | {
      readonly kind: 'saved';
      /** The version's number. */
      readonly number: number;
      readonly warnings: readonly Problem[];
      /** What to do next, in sentences. */
      readonly next: readonly string[];
    }
  | {
      readonly kind: 'invalid';
      readonly errors: readonly Problem[];
      readonly warnings: readonly Problem[];
    }
  /** The session was closed in this moment, or its person is no admin any more. */
  | { readonly kind: 'over' }
  /** The new integration was added already, or its draft was dropped. */
  | { readonly kind: 'gone' };

export interface EditorDeps {
  readonly stores: Pick<Stores, 'integrations' | 'drafts' | 'people'>;
  /** Why the body of a request is not read: nobody has opened the page in this browser. Undefined where it is. */
  readonly refusesStranger: (request: Request) => Refusal | undefined;
  /**
   * Whether the browser may go on, with its person as they are now. The body is parsed by then; a POST that doesn't bring
   * the session's `csrf` is refused.
   */
  session(request: Request): Promise<Admitted>;
  /**
   * Everything that can be said of a manifest's text; see `checkManifest`.
   * @param owner whose it is to be: then also which names it can't have. Left out for a try
   */
  readonly check: (text: string, owner?: Owner) => Promise<ParsedManifest>;
  readonly preview: (manifest: Manifest, name: string) => Promise<Previewed>;
  /** Saves a new version. @throws {StaleWrite} where somebody else saved one meanwhile */
  save(wanted: {
    readonly session: EditorSession;
    readonly integration: Integration;
    readonly text: string;
  }): Promise<Saved>;
  /** Adds an integration, and ends its draft and the session. */
  add(wanted: {
    readonly session: EditorSession;
    readonly name: string;
    readonly text: string;
  }): Promise<Saved>;
  /** Ends the session; what was typed in it and not saved is kept no more. */
  close(session: EditorSession): Promise<void>;
  readonly tries: TryPages;
  /** What stands before our paths as browsers have them, since a proxy takes it away; empty without one. */
  readonly base: string;
  readonly assets: Assets;
  readonly now: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}
