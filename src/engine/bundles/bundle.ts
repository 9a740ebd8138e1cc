/**
 * Bundles: named sets of integrations that are requested and granted as one, such as "Engineering basics".
 *
 * Words. An *item* of a bundle is one integration with the answers to its form and a number of hours. A bundle has each
 * integration once, since a person has at most one open request at each. A *version* has all items as one change left them.
 * While a rule that is on gives the bundle, a change of its apps or answers is a *draft*: a version that counts once an admin
 * has seen what it would do for whom, and applies it (`bundle-draft.ts`).
 * A *bundle request* (`bundle-request.ts`) is made for one person with one version, so later changes don't reach it.
 *
 * | state               | what it means                                            | what ends it        |
 * |---------------------|----------------------------------------------------------|---------------------|
 * | bundle              | people can request it, managers and admins grant it      | an admin deletes it |
 * | bundle with a draft | the same; an admin's changes wait for their OK            | Apply, Discard      |
 * | bundle, `deletedAt` | nobody can request it; the row stays, so holds have its name | nothing         |
 *
 * Events: none of its own. Each item has its own request, run or task, and their events.
 *
 * Begin with `change-bundle.ts` (making), then `begin-items.ts` (requesting and granting), `decide-bundle-request.ts`
 * (approving), `progress.ts` (what came of it).
 */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import type { Actor } from '../people/directory.ts';
import { formValues, shownAnswers } from '../runs/run.ts';

export interface Bundle {
  readonly id: string;
  readonly version: number;
  /** Unique, ignoring case, among those that are not deleted. */
  readonly name: string;
  /** Empty for none. */
  readonly description: string;
  /** More words to find it by. */
  readonly tags: readonly string[];
  /** The version with its items of now. */
  readonly versionId: string;
  /** The version that an admin is making. Only where a rule gave the bundle when the change began. */
  readonly draftVersionId?: string;
  readonly createdAt: Date;
  readonly deletedAt?: Date;
}

export const bundleItem = z.object({
  integrationId: z.string(),
  form: formValues,
  /** The same as people read it. */
  answers: shownAnswers,
  /** From the grant on; left out: no end date. A policy may allow fewer. */
  hours: z.number().optional(),
});
export type BundleItem = DeepReadonly<z.output<typeof bundleItem>>;

export interface BundleVersion {
  readonly id: string;
  readonly bundleId: string;
  /** 1, 2, 3 … within the bundle. */
  readonly number: number;
  /** In the order in which cards list them. */
  readonly items: readonly BundleItem[];
  readonly savedBy: Actor;
  readonly createdAt: Date;
}

/** What a search looks at. */
export const searchTextOf = ({
  name,
  description,
  tags,
}: Pick<Bundle, 'name' | 'description' | 'tags'>): string => [name, description, ...tags].join(' ');
