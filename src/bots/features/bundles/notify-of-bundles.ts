/** Someone who is granted a bundle gets one message of its apps, with its card, in place of one for each. */
import type { BundleRequest } from '../../../engine/bundles/bundle-request.ts';
import { type ItemNow, isSettled, itemsNow } from '../../../engine/bundles/progress.ts';
import { notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { bundleRequestRef } from './bundle-ref.ts';

/**
 * Notifies when the last app of a bundle is there, or came to nothing. A task that is done has a message of its own, so it takes an app
 * that a run has granted.
 * @param ended a run or a task that grants an app of theirs; the new state of a run is stored after this
 */
export async function notifyOfBundles(
  tx: Transaction,
  bundles: readonly BundleRequest[],
  ended: { readonly id: string; readonly state: string },
): Promise<void> {
  for (const { id, personId } of bundles) {
    await tx.bundleRequests.hold(id);
    const others = (await itemsNow(tx, { id })).filter(({ item }) => begunFor(item) !== ended.id);
    if (isSettled(others) && (ended.state === 'succeeded' || others.some(isThereByRun)))
      await notifyPerson(tx, personId, {
        card: bundleRequestRef(id),
        key: `bundle-request:${id}:${personId}`,
      });
  }
}

const begunFor = ({ runId, taskId }: ItemNow['item']): string | undefined => runId ?? taskId;

const isThereByRun = ({ item, progress }: ItemNow): boolean =>
  item.runId !== undefined && progress === 'done';
