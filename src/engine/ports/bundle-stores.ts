/** Stores of bundles, and of what was requested or granted with them. */
import type { Bundle, BundleVersion } from '../bundles/bundle.ts';
import type { BundleRequest, RequestedItem } from '../bundles/bundle-request.ts';
import type { NamedStore, Page } from './store.ts';

/** A search looks at the name, the description and the tags. */
export interface BundleStore extends NamedStore<Bundle> {
  /** Those of these names that there are, in no order; none that was deleted. */
  findByNames(names: readonly string[]): Promise<readonly Bundle[]>;
  insertVersion(version: BundleVersion): Promise<void>;
  /** Of a draft: no request names it. */
  deleteVersion(id: string): Promise<void>;
  findVersion(id: string): Promise<BundleVersion | undefined>;
  /** Those of them that can be read, in no order. */
  findVersions(ids: readonly string[]): Promise<readonly BundleVersion[]>;
}

export interface BundleRequestStore {
  insert(request: BundleRequest, items: readonly RequestedItem[]): Promise<void>;
  find(id: string): Promise<BundleRequest | undefined>;
  findMany(ids: readonly string[]): Promise<readonly BundleRequest[]>;
  /** Locks it until this transaction ends: of two of its runs that end at the same moment, one sees the other's end. */
  hold(id: string): Promise<void>;
  /** Those for this person, the newest first. */
  of(personId: string, page: Page): Promise<readonly BundleRequest[]>;
  /** In their order. */
  items(id: string): Promise<readonly RequestedItem[]>;
  /** Of many, each in their order. */
  itemsOf(ids: readonly string[]): Promise<readonly RequestedItem[]>;
  /** Changes what was begun for the item. */
  saveItem(item: RequestedItem): Promise<void>;
  /** The request of this item was approved, and began this. */
  noteBegun(
    item: Pick<RequestedItem, 'bundleRequestId' | 'integrationId'>,
    begun: { readonly runId?: string; readonly taskId?: string },
  ): Promise<void>;
  /** The bundle requests with an item that this run or task grants. */
  begunBy(by: {
    readonly runId?: string;
    readonly taskId?: string;
  }): Promise<readonly BundleRequest[]>;
}
