/** What is sent after a run has succeeded: rendered with all that the run knows, and stored with its outcome. */
import type { Context } from './context.ts';
import { renderNotifications } from './notify.ts';
import type { Clock, DeliveryContent, NewId, Transaction } from './ports.ts';
import type { Variables } from './variables.ts';

/** Renders every notification; one that can't be written stops none of the others, and says why. */
export function deliveriesOf(
  { manifest, redact }: Context,
  variables: Variables,
): readonly DeliveryContent[] {
  const { deliveries, problems } = renderNotifications(manifest.notifications, variables);
  return [
    ...deliveries.map((notification): DeliveryContent => {
      const text = JSON.stringify([notification.subject ?? '', notification.message]);
      return { state: 'waiting', notification, secret: redact(text) !== text };
    }),
    ...problems.map((problem): DeliveryContent => ({ state: 'failed', why: redact(problem) })),
  ];
}

export async function storeDeliveries(
  tx: Transaction,
  runId: string,
  contents: readonly DeliveryContent[],
  { now, newId }: { readonly now: Clock; readonly newId: NewId },
): Promise<void> {
  for (const [position, content] of contents.entries())
    await tx.deliveries.insert({ id: newId(), runId, position, createdAt: now(), content });
}
