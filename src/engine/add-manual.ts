/** Adding an integration without a manifest: people do it by hand, and Latchkey asks them to. */
import type { Actor, Integration } from './directory.ts';
import { judgeName } from './integrations.ts';
import type { Problem } from './manifest/problem.ts';
import type { Clock, NewId, Transaction } from './ports.ts';
import type { Assignee } from './settings.ts';
import { touchIntegration } from './subjects.ts';

export interface NewManual {
  readonly name: string;
  /** One emoji, as `readEmoji` gives it. */
  readonly icon?: string;
  /** Who does it. */
  readonly assignee: Assignee;
}

export type AddedManual =
  | { readonly ok: true; readonly integration: Integration }
  | { readonly ok: false; readonly errors: readonly Problem[] };

export async function addManual(
  tx: Transaction,
  wanted: NewManual,
  { now, newId, actor }: { readonly now: Clock; readonly newId: NewId; readonly actor: Actor },
): Promise<AddedManual> {
  const name = wanted.name.trim();
  const errors = await judgeName(tx, name);
  if (errors.length > 0) return { ok: false, errors };
  const integration: Integration = {
    id: newId(),
    version: 1,
    name,
    ...(wanted.icon !== undefined && { icon: wanted.icon }),
    enabled: true,
    settings: { assignee: wanted.assignee },
    createdAt: now(),
  };
  await tx.integrations.insert(integration);
  await tx.audit.add({
    id: newId(),
    at: now(),
    actor,
    what: 'integration.added',
    integrationId: integration.id,
    detail: { name, byHand: 'yes' },
  });
  await touchIntegration(tx, integration.id);
  return { ok: true, integration };
}
