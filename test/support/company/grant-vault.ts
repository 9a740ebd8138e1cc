/** An app whose passwords Latchkey makes. */
import type { Foundation } from '../../../src/app/foundation.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';

export interface VaultGrant {
  /** Of the app. */
  readonly url: string;
  /** Who gets it. */
  readonly email: string;
  /** Who grants it, in Slack; Latchkey itself, where this is left out. */
  readonly granter?: string;
}

/** Adds Vault and grants it: a password is made, which Vault gets, and which is mailed to its person. */
export async function grantVault(
  foundation: Foundation,
  { url, email, granter }: VaultGrant,
): Promise<void> {
  const system = { kind: 'system' } as const;
  const manifest = JSON.stringify({
    initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
    execute: [{ url: `${url}/users`, data: { password: '{{PASSWORD}}' } }],
    post_execute_notification: [
      {
        type: 'email',
        to: '{{email}}',
        subject: 'Your password',
        message: 'It is {{PASSWORD}}.',
      },
    ],
  });
  await foundation.transact(async (tx) => {
    const person = await tx.people.findByEmail(email);
    const by = granter === undefined ? undefined : await tx.people.findByEmail(granter);
    const wanted = { name: 'Vault', manifest, secrets: {} };
    const added = await addIntegration(tx, wanted, { ...foundation, actor: system });
    if (!person || !added.ok || (granter && !by)) throw new Error('Not set up');
    const actor = by ? ({ kind: 'person', personId: by.id, via: 'slack' } as const) : system;
    await startGrant(tx, { actor, person, integration: added.integration, form: {} });
  });
}
