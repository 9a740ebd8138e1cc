/** Messages of one run that wait to be sent. No job wakes them. */
import { newId } from '../../../src/core/ids.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';

const createdAt = new Date('2026-11-24T12:00:00.000Z');

/** `Number 0` and so on, which is both subject and text. @returns their ids */
export async function waitingMessages(
  { stores }: { readonly stores: Stores },
  count: number,
  to: { readonly type: 'email' | 'chat'; readonly to: string },
): Promise<readonly string[]> {
  const [personId, integrationId, manifestVersionId, runId] = [newId(), newId(), newId(), newId()];
  await stores.people.insert({
    id: personId,
    version: 1,
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: '',
    role: 'other',
    active: true,
    stored: {},
  });
  const created = { createdAt };
  await stores.integrations.insert({
    id: integrationId,
    version: 1,
    name: 'Asana',
    enabled: true,
    manifestVersionId,
    ...created,
  });
  await stores.integrations.insertVersion({
    id: manifestVersionId,
    integrationId,
    number: 1,
    manifest: '{}',
    savedBy: { kind: 'system' },
    ...created,
  });
  await stores.runs.insert(
    {
      id: runId,
      version: 1,
      kind: 'execute',
      integrationId,
      personId,
      manifestVersionId,
      startedBy: { kind: 'system' },
      attempt: 1,
      state: 'queued',
      dueAt: createdAt,
      ...created,
    },
    { form: {}, generated: {} },
  );
  const ids = Array.from({ length: count }, () => newId());
  for (const [position, id] of ids.entries()) {
    const text = `Number ${position}`;
    const notification = { ...to, subject: text, message: text };
    await stores.deliveries.insert({
      id,
      version: 1,
      runId,
      position,
      attempts: 0,
      outgoing: { notification, secret: false, shownTo: notification.to },
      body: 'kept',
      state: 'waiting',
      dueAt: createdAt,
      ...created,
    });
  }
  return ids;
}
