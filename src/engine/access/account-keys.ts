/**
 * What names an account to its app, as fingerprints that the database can look up. Two accounts with one in common are one at the
 * app, the one who has them here: a revoke for one person would take it from the other.
 */
import { stringifyJson } from '../../core/json.ts';
import { onceFor } from '../../core/once-for.ts';
import { sha256 } from '../../core/sha256.ts';
import { explained } from '../../core/stored-sentence.ts';
import { t } from '../../core/translate.ts';
import { provisionOf } from '../integrations/manifest-of.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Manifest, ProvisionManifest } from '../manifest/schema.ts';
import { fullName, type Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { NOT_FACTS, RESERVED_NAMES } from '../templates/variables.ts';
import type { Source } from '../work/due.ts';
import { type Account, hasReadableNames } from './account.ts';
import { fullNamesIn } from './names-in.ts';

export interface AccountKeys {
  /** Of the facts by which the app is asked about it; where those aren't known, of the address. */
  readonly checkedAs?: string;
  /** Of the id by which it is revoked. Left out where `revoke` has none. */
  readonly revokedAs?: string;
}

/** Facts that many people share: alone they name nobody. The address is the only reserved name that names one person. */
const SHARED: readonly string[] = RESERVED_NAMES.filter((name) => name !== 'email');

export function keysOf(manifest: Manifest, { facts }: Pick<Account, 'facts'>): AccountKeys {
  const { checked, revoked } = namingIn(manifest);
  return {
    checkedAs: keyOf(checked, facts) ?? keyOf(['email'], facts),
    revokedAs: revoked && keyOf(revoked, facts),
  };
}

/** The names of the facts in what asks about an account, and in what revokes it by an id. A run asks for them several times. */
const namingIn = onceFor((manifest: Manifest) => {
  const { exists, revoke, execute, extraUserInfo } = manifest;
  const ids = new Set([
    ...execute.flatMap(({ storeData = {} }) => Object.keys(storeData)),
    ...extraUserInfo.map(({ id }) => id),
  ]);
  const asking = exists ? [exists] : revoke.length > 0 ? revoke : execute;
  const byId = revoke.find((each) => factsIn([each], manifest).some((name) => ids.has(name)));
  return { checked: factsIn(asking, manifest), revoked: byId && factsIn([byId], manifest) };
});

/** The account with the keys of its facts: empty where nothing names it. */
export function keyed(account: Account, manifest: Manifest): Account {
  const { checkedAs = '', revokedAs } = keysOf(manifest, account);
  return { ...account, checkedAs, revokedAs };
}

/** The names of facts about a person in these requests. Headers are left out: they identify the caller. */
function factsIn(
  requests: readonly ManifestRequest[],
  { form, initialDataForm }: Manifest,
): readonly string[] {
  const others = [...form, ...initialDataForm].map(({ id }) => id);
  const isFact = (name: string): boolean =>
    !others.includes(name) && !NOT_FACTS.includes(name.split('.')[0] ?? name);
  const texts = requests.map(({ url, data, expected }) => [url, data, expected]);
  return [...fullNamesIn(texts)].filter(isFact).toSorted();
}

/** @returns undefined where a fact isn't known, or none of them names one person */
function keyOf(names: readonly string[], facts: Account['facts']): string | undefined {
  const known = names.map((name) => facts[name] ?? facts[name.split('.')[0] ?? name] ?? '');
  if (names.every((name) => SHARED.includes(name)) || known.includes('')) return undefined;
  const text = stringifyJson(names.map((name, index) => [name, known[index] ?? '']));
  return sha256(text);
}

type Whose = Pick<Account, 'personId' | 'integrationId'> & AccountKeys;

/** Someone else whose account there, which isn't proven gone, goes by the same name. */
export async function alsoOf(
  { accounts, people }: Pick<Stores, 'accounts' | 'people'>,
  { personId, integrationId, checkedAs, revokedAs }: Whose,
): Promise<Person | undefined> {
  const keys = [checkedAs || [], revokedAs ?? []].flat();
  if (keys.length === 0) return undefined;
  const others = await accounts.withKeys(integrationId, [...new Set(keys)]);
  const other = others.find((each) => each.personId !== personId && each.wasThere);
  return other && people.find(other.personId);
}

/** @param app the app's name. Admins alone read it: it says whose account it is */
export const sayTheirs = (other: Person, app: string): string =>
  t`In ${app} this is the account that Latchkey knows as ${fullName(other)}'s (${other.email}).`;

/** For everyone; admins read whose it is in the details. */
export const sayNotSure = (other: Person, app: string): string =>
  explained(
    t`${app} has an account under this name, but it may be someone else's.`,
    sayTheirs(other, app),
  );

/** Gives keys to accounts that a version without keys wrote, some at each tick. */
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
