/** What the editor's pages need. Words: a *try* runs a manifest for a person, dry or for real, and keeps nothing. */
import type { Request } from 'express';
import type { Owner } from '../../engine/integrations/stored-names.ts';
import type { ParsedManifest } from '../../engine/manifest/parse.ts';
import type { Problem } from '../../engine/manifest/problem.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import type { Integration } from '../../engine/people/directory.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import type { TryPages } from '../../try/page/try-pages.ts';
import type { MessagePage } from '../pages.ts';
import type { Assets } from './assets.ts';
import type { EditorSession } from './session.ts';

export type Admitted = { readonly ok: true; readonly session: EditorSession } | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly status: number;
  readonly page: MessagePage;
}

/** A manifest's form on both platforms, from the bot's own renderers. */
export interface Preview {
  /** An Adaptive Card. */
  readonly teams: unknown;
  /** A Slack modal. */
  readonly slack: unknown;
  /** The form's own title, as its dialog has it. */
  readonly title: string;
  /** The differences from the real form, in sentences. */
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
      /** The next steps, in sentences. */
      readonly next: readonly string[];
    }
  | {
      readonly kind: 'invalid';
      readonly errors: readonly Problem[];
      readonly warnings: readonly Problem[];
    }
  /** The session was closed at this moment, or its person is no longer an admin. */
  | { readonly kind: 'over' }
  /** The new integration was already added, or its draft was deleted. */
  | { readonly kind: 'gone' };

export interface EditorDeps {
  readonly stores: Pick<Stores, 'integrations' | 'drafts' | 'managedThings' | 'people'>;
  /** Why we don't read a request's body: this browser hasn't opened the page. Undefined when we do. */
  readonly refusesStranger: (request: Request) => Refusal | undefined;
  /**
   * Whether the browser may continue, with its person's current state. The body must be parsed before. A POST without the
   * session's `csrf` is refused.
   */
  session(request: Request): Promise<Admitted>;
  /**
   * All findings for a manifest's text; see `checkManifest`.
   * @param owner the manifest's integration, which also checks the names that it may use; absent for a try
   */
  readonly check: (text: string, owner?: Owner) => Promise<ParsedManifest>;
  readonly preview: (manifest: Manifest, name: string) => Promise<Previewed>;
  /** Saves a new version. @throws {StaleWrite} when someone else saved one in between */
  save(wanted: {
    readonly session: EditorSession;
    readonly integration: Integration;
    readonly text: string;
  }): Promise<Saved>;
  /** Adds an integration, and deletes its draft and the session. */
  add(wanted: {
    readonly session: EditorSession;
    readonly name: string;
    readonly text: string;
  }): Promise<Saved>;
  /** Ends the session and deletes its unsaved text. */
  close(session: EditorSession): Promise<void>;
  readonly tries: TryPages;
  /** The path before ours in public addresses, which a proxy removes. Empty without one. */
  readonly base: string;
  readonly assets: Assets;
  readonly now: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}
