/** Adds a manual integration, which has no manifest: granting and revoking are tasks for people. */

import type { Problem } from '../manifest/problem.ts';
import type { Actor, Integration } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Assignee } from '../settings/settings.ts';
import { invalidateIntegration } from '../work/topics.ts';
import { judgeName } from './integrations.ts';

export interface NewManual {
  readonly name: string;
  /** One emoji, as `readEmoji` gives it. */
  readonly icon?: string;
  /** Who does it. */
  readonly assignee: Assignee;
}

export async function addManual(
  tx: Transaction,
  { name: wanted, icon, assignee }: NewManual,
  deps: { readonly actor: Actor },
): Promise<
  | { readonly ok: true; readonly integration: Integration }
  | { readonly ok: false; readonly errors: readonly Problem[] }
> {
  const name = wanted.trim();
  const errors = await judgeName(tx, name);
  if (errors.length > 0) return { ok: false, errors };
  const integration: Integration = {
    id: tx.newId(),
    version: 1,
    name,
    icon,
    enabled: true,
    settings: { assignee },
    createdAt: tx.now,
  };
  await tx.integrations.insert(integration);
  await tx.audit('integration.added', {
    actor: deps.actor,
    integrationId: integration.id,
    detail: { name },
  });
  await invalidateIntegration(tx, integration.id); // It has no card yet, but the set-up list shows it.
  return { ok: true, integration };
}
