/** References to the cards of bundles and of bundle requests; a separate file avoids an import cycle with the cards. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { t } from '../../../core/translate.ts';
import type { Bundle, BundleItem, BundleVersion } from '../../../engine/bundles/bundle.ts';
import { editedVersion } from '../../../engine/bundles/change-bundle.ts';
import { bundleRequestTopic, bundleTopic } from '../../../engine/work/topics.ts';
import type { Turn } from '../../live/context.ts';
import { type OrRefused, type Reply, showCard } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { cardRefs } from '../../view/live-card.ts';
import { foundForAdmins } from '../admins.ts';
import { pageShown } from '../paging.ts';

export const bundlePayload = pageShown.extend({ bundleId: z.string() });
export const bundleTarget = z.object({ bundleId: z.string() });

export const bundleRefs = cardRefs({
  id: 'bundle',
  payload: bundlePayload,
  topic: ({ bundleId }) => bundleTopic(bundleId),
});

export const showBundle = (bundleId: string): Reply =>
  showCard(bundleRefs.with({ bundleId, page: 0 }));

export const bundleRequestPayload = pageShown.extend({ bundleRequestId: z.string() });

export const bundleRequestRefs = cardRefs({
  id: 'bundle-request',
  payload: bundleRequestPayload,
  topic: ({ bundleRequestId }) => bundleRequestTopic(bundleRequestId),
});

export const bundleRequestRef = (bundleRequestId: string): LiveCardRef =>
  bundleRequestRefs.with({ bundleRequestId, page: 0 });

type BundleFound = OrRefused<{
  readonly bundle: Bundle;
  readonly items: readonly BundleItem[];
}>;

export const bundleNow = (bundleId: string, { stores }: Turn): Promise<BundleFound> =>
  bundleWith(bundleId, stores, ({ versionId }) => stores.bundles.findVersion(versionId));

async function bundleWith(
  bundleId: string,
  { bundles }: Turn['stores'],
  versionOf: (bundle: Bundle) => Promise<BundleVersion | undefined>,
): Promise<BundleFound> {
  const bundle = await bundles.find(bundleId);
  const version = bundle && (await versionOf(bundle));
  return bundle && version && !bundle.deletedAt
    ? { bundle, items: version.items }
    : {
        refused: note(
          t`${bundle?.name ?? t`This bundle`} has been deleted`,
          t`Requests made with it continue. Nothing else changed.`,
        ),
      };
}

/** The bundle that an admin wants to change, with the items of its draft where it has one. @param what completes the sentence "You can't …" */
export const bundleForAdmin = (what: () => string) =>
  foundForAdmins(what, ({ bundleId }: { readonly bundleId: string }, { stores }: Turn) =>
    bundleWith(bundleId, stores, (bundle) => editedVersion(stores, bundle)),
  );
