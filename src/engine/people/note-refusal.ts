import type { Transaction } from '../ports/unit-of-work.ts';
import type { Actor } from './directory.ts';
import { inWorkspaceLocale } from './locales.ts';

/** What a refusal concerned, for the audit log. */
export interface RefusedFor {
  readonly personId?: string;
  readonly integrationId?: string;
}

/** Keeps in the audit log that someone was refused. @param wanted what they tried, in words; kept in the language of the workspace */
export async function noteRefusal(
  tx: Transaction,
  { actor, wanted }: { readonly actor: Actor; readonly wanted: () => string },
  about: RefusedFor,
): Promise<void> {
  const detail = { wanted: await inWorkspaceLocale(tx, async () => wanted()) };
  await tx.audit('refused', { actor, ...about, detail });
}
