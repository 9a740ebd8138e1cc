/** When the lists of accounts are read, and when admins get the digest of what they showed. */
import { DAY_MS } from '../../core/hours.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { versionsReader } from '../integrations/version-facts.ts';
import { lastTime } from '../manifest/schedule.ts';
import type { Integration } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Source, Zoned } from '../work/due.ts';
import { beginClosing, beginRound } from './hold-round.ts';

/** Rounds begin between 02:00 and 05:00, each app at a minute of its own, so that no host gets all of them at once. */
const FIRST_HOUR = 2;
const SPREAD_MINUTES = 180;
/** The digest: Monday mornings. One that comes later than this is left out; the next one says the same. */
const DIGEST = '0 9 * * 1';
const DIGEST_MS = DAY_MS;

/** By the version, which never changes. */
const listsSaved = versionsReader((version) => {
  const { createdAt: since, manifest: text } = version;
  if (!text.includes('"accounts"')) return { since, lists: false }; // Cheap, and most have none.
  const manifest = manifestIn(version);
  return { since, lists: manifest?.kind === 'provision' && manifest.accounts !== undefined };
});

export interface Listing {
  readonly integration: Integration;
  /** When its manifest was saved. */
  readonly since: Date;
}

interface Saved extends Listing {
  /** Whether its manifest lists accounts. */
  readonly lists: boolean;
}

async function savedOf(
  stores: Pick<Stores, 'integrations'>,
  integrations: readonly Integration[],
): Promise<readonly Saved[]> {
  const kept = integrations.filter(({ deletingSince }) => !deletingSince);
  const saved = await listsSaved(
    stores,
    kept.flatMap(({ manifestVersionId }) => manifestVersionId ?? []),
  );
  return kept.map((integration) => {
    const { manifestVersionId = '', createdAt } = integration;
    return { integration, ...(saved.get(manifestVersionId) ?? { since: createdAt, lists: false }) };
  });
}

/** The integrations that are turned on and list accounts. */
export async function listing(stores: Pick<Stores, 'integrations'>): Promise<readonly Listing[]> {
  const saved = await savedOf(stores, await stores.integrations.list());
  return saved.filter(({ integration, lists }) => integration.enabled && lists);
}

/** Those of which a list was read, and whose manifest lists no accounts any more, turned on or not. */
async function noLongerListing(
  stores: Pick<Stores, 'integrations' | 'accountRounds'>,
): Promise<readonly Listing[]> {
  const rounds = await stores.accountRounds.all();
  if (rounds.length === 0) return [];
  const found = await stores.integrations.findMany(rounds.map((round) => round.integrationId));
  return (await savedOf(stores, found)).filter(({ lists }) => !lists);
}

export const findingSources = ({ timeZone }: Zoned): readonly Source[] => [
  {
    name: 'accounts-round',
    async *due(stores, now) {
      for (const { integration, since } of [
        ...(await listing(stores)),
        ...(await noLongerListing(stores)),
      ]) {
        const at = lastTime(nightly(integration.id), timeZone, now);
        if (at && at > since) yield { subject: integration.id, at };
      }
    },
    async fire(tx, { subject }) {
      const integration = await tx.integrations.find(subject);
      const [saved] = integration ? await savedOf(tx, [integration]) : [];
      if (!saved) return;
      if (!saved.lists) await beginClosing(tx, subject);
      else if (saved.integration.enabled) await beginRound(tx, saved.integration);
    },
  },
  {
    name: 'findings-digest',
    async *due(stores, now) {
      const at = lastTime(DIGEST, timeZone, now);
      if (!at || now.getTime() - at.getTime() > DIGEST_MS) return;
      const counts = await stores.findings.countOpen();
      if (Object.values(counts).some((count) => count > 0)) yield { subject: 'week', at };
    },
    fire: (tx) => tx.emit({ kind: 'findings-due' }),
  },
];

/** The same minute every night, by the letters of its id. */
function nightly(id: string): string {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % SPREAD_MINUTES;
  return `${sum % 60} ${FIRST_HOUR + Math.floor(sum / 60)} * * *`;
}
