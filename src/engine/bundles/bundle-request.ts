/** A bundle that was requested or granted for one person, or what a colleague has. Each of its items goes its own way. */

export interface BundleRequest {
  readonly id: string;
  readonly of: WhatIsRequested;
  /** Whom it is for. */
  readonly personId: string;
  /** Who requested or granted it. */
  readonly requestedById: string;
  readonly createdAt: Date;
}

export type WhatIsRequested =
  | { readonly kind: 'bundle'; readonly bundleId: string; readonly versionId: string }
  /** Some of what this person had then. Left out: they were erased. */
  | { readonly kind: 'same-as'; readonly personId?: string };

/** What was begun for one item. */
export interface RequestedItem {
  readonly bundleRequestId: string;
  readonly integrationId: string;
  readonly position: number;
  /** The request that decides it; left out where it needed none. */
  readonly requestId?: string;
  /** What grants it: a run, or a task of a manual integration. */
  readonly runId?: string;
  readonly taskId?: string;
  /** They had it already with the same answers, so nothing was begun. */
  readonly had: boolean;
  /** Why nothing was begun, a sentence for people. */
  readonly why?: string;
}
