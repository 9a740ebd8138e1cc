/** A session of the manifest editor: who edits what. */
import type { Integration, ManifestVersion } from '../../engine/people/directory.ts';

/** A browser that may write one manifest, for one person and a limited time. */
export interface EditorSession {
  readonly id: string;
  readonly personId: string;
  /** An integration's id. For a new integration, a draft's id. */
  readonly subject: string;
  /** Every form and call must bring this, so that no other site can send them. */
  readonly csrf: string;
  readonly expiresAt: Date;
}

/** What a session edits: the manifest of an integration, or a new one. */
export type Subject =
  | {
      readonly kind: 'existing';
      readonly integration: Integration;
      /** The newest version. Undefined for an integration that has been manual so far. */
      readonly version: ManifestVersion | undefined;
      /** The starting text: the last typed text or the uploaded file, else the newest version. */
      readonly text: string;
      /** Whether someone saved a version after this text was started. */
      readonly isBehind: boolean;
    }
  | { readonly kind: 'new'; readonly name: string; readonly text: string };
