/** Who edits what: a session of the manifest editor. */
import type { Integration, ManifestVersion } from '../../engine/people/directory.ts';

/** A browser that may write one manifest, for one person and a limited time. */
export interface EditorSession {
  readonly id: string;
  readonly personId: string;
  /** An integration's id; for a new integration a draft's. */
  readonly subject: string;
  /** What every form and call has to bring, so that no other site can send them. */
  readonly csrf: string;
  readonly expiresAt: Date;
}

/** What a session edits: the manifest of an integration, or a new one. */
export type Subject =
  | {
      readonly kind: 'existing';
      readonly integration: Integration;
      /** The newest one; none of an integration that people have carried out by hand so far. */
      readonly version: ManifestVersion | undefined;
      /** What to begin with: what was typed last or brought as a file, or the newest version. */
      readonly text: string;
      /** Whether a version was saved since that was begun: it knows nothing of what that one brought. */
      readonly isBehind: boolean;
    }
  | { readonly kind: 'new'; readonly name: string; readonly text: string };
