/** Gives keys to accounts that a version without keys wrote, some at each tick. */
import { provisionOf } from '../integrations/manifest-of.ts';
import type { ProvisionManifest } from '../manifest/schema.ts';
import type { Source } from '../work/due.ts';
import { hasReadableNames } from './account.ts';
import { keyed } from './account-keys.ts';

export const accountKeySource: Source = {
  name: 'account-keys',
  async *due({ accounts }) {
    const [first] = await accounts.withoutKeys(1);
    if (first) yield { subject: first.id, at: new Date(0) };
  },
  async fire(tx) {
    const manifests = new Map<string, ProvisionManifest | undefined>();
    for (const account of await tx.accounts.withoutKeys(AT_ONCE)) {
      const { integrationId: id } = account;
      if (!manifests.has(id))
        manifests.set(id, await provisionOf(tx, await tx.integrations.find(id)));
      const manifest = manifests.get(id);
      await tx.accounts.save(
        manifest && hasReadableNames(account)
          ? keyed(account, manifest)
          : { ...account, checkedAs: '' },
      );
    }
  },
};

const AT_ONCE = 250;
