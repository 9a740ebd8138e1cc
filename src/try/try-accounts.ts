/** Tries a manifest's list of accounts. Pages and entries are read as in service, and nothing is compared. */
import { compact } from '../core/compact.ts';
import { plural, t } from '../core/translate.ts';
import { gatherAccountList } from '../engine/calls/context.ts';
import { readAccount } from '../engine/findings/account-rows.ts';
import { readPages } from '../engine/imports/pages/read-pages.ts';
import type { ManifestAccounts } from '../engine/manifest/schema.ts';
import type { SpokenEnv } from './env.ts';
import type { Fixture } from './fixture.ts';
import { knownTo } from './known.ts';
import { nothingDone, notReady, type TryAccounts, type TryResult, unreadPage } from './result.ts';
import { showAsked, watch } from './watch.ts';

export async function tryAccounts(
  accounts: ManifestAccounts,
  fixture: Fixture,
  env: SpokenEnv,
): Promise<TryResult> {
  const gathered = await gatherAccountList(fixture.stores, fixture.integration.id);
  if (!gathered.ok) return notReady(gathered, env.words);
  const { context } = gathered;
  const known = knownTo(context, fixture, env);
  const watched = watch(known.exchanges.http, env);
  const listed: TryAccounts['listed'][number][] = [];
  const counts = { skipped: 0, unreadable: 0 };

  const pages = readPages({ context, http: watched.http, tokens: known.tokens });
  let next = await pages.next();
  for (; !next.done; next = await pages.next()) {
    const redact = await known.redactNow();
    env.progress(t`Page ${next.value.page}: ${next.value.rows.length} rows`);
    for (const row of next.value.rows) {
      const read = readAccount(accounts, row);
      if (read.kind !== 'account') {
        counts[read.kind] += 1;
        continue;
      }
      const { key, email, name, fact, lastLogin } = read.account;
      listed.push({
        id: redact(key),
        email: email === undefined ? null : redact(email),
        name: redact(name),
        match: fact === undefined ? null : redact(fact),
        last_login: lastLogin?.toISOString() ?? null,
      });
    }
  }

  const end = next.value;
  const redact = await known.redactNow();
  const isComplete = end.kind === 'complete' && !end.isEarly && counts.unreadable === 0;
  return {
    ...nothingDone,
    status: end.kind === 'failed' ? 'failed' : 'succeeded',
    error: end.kind === 'failed' ? unreadPage(end.error, redact) : null,
    warnings: compact([
      ...end.warnings,
      end.kind === 'complete' && end.isEarly && endedEarly(),
      counts.unreadable > 0 && unreadable(counts.unreadable),
    ]),
    steps: watched.asked().map((asked) => showAsked(asked, known.exchanges, redact)),
    accounts: { listed, ...counts, complete: isComplete },
    oauth: { refreshed: await known.refreshed() },
  };
}

const endedEarly = (): string =>
  t`The list ended although its last page named another one, so it isn't complete: it can't show that an account is missing.`;

const unreadable = (count: number): string =>
  plural(count, {
    one: t`1 entry has nothing that names it, so the list isn't complete. Check data_structure.`,
    other: t`${count} entries have nothing that names them, so the list isn't complete. Check data_structure.`,
  });
