/** Checks that what Latchkey does by itself gets done: imports, messages, and the seal of the audit log. */
import { compact } from '../../core/compact.ts';
import { DAY_MS, MINUTE_MS } from '../../core/hours.ts';
import { plural } from '../../core/translate.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import { shownTime } from '../output.ts';
import { type Finding, warning } from './finding.ts';

/** A worker seals what is new within a minute or so. */
const UNSEALED_MS = 15 * MINUTE_MS;

export async function checkUpkeep(stores: Stores, now: Date): Promise<readonly Finding[]> {
  return compact([
    ...(await importFindings(stores)),
    await messageFinding(stores, now),
    await sealFinding(stores, now),
  ]);
}

async function importFindings(stores: Stores): Promise<readonly Finding[]> {
  const [integrations, newest] = await Promise.all([
    stores.integrations.list(),
    stores.syncRuns.newestByApp(),
  ]);
  return integrations
    .filter(({ id }) => newest.get(id)?.state === 'failed')
    .map(({ name }) =>
      warning(
        'Imports',
        `The last import from ${name} failed`,
        `Write "import ${name}" to the bot: it says what happened, and can try again.`,
      ),
    );
}

async function messageFinding({ deliveries }: Stores, now: Date): Promise<Finding | undefined> {
  const { total } = await deliveries.unsent(new Date(now.getTime() - DAY_MS), {
    offset: 0,
    limit: 0,
  });
  if (total === 0) return undefined;
  return warning(
    'Messages',
    plural(total, {
      one: 'One message was not delivered, or no one knows whether it was',
      other: `${total} messages were not delivered, or no one knows whether they were`,
    }),
    'An admin sees each on Home in chat, with what happened.',
  );
}

async function sealFinding({ auditChain }: Stores, now: Date): Promise<Finding | undefined> {
  const { count, oldest } = await auditChain.unsealed();
  if (!oldest || now.getTime() - oldest.at < UNSEALED_MS) return undefined;
  return warning(
    'Audit log',
    plural(count, {
      one: `One entry is not sealed yet; it was written at ${shownTime(new Date(oldest.at))}`,
      other: `${count} entries are not sealed yet; the oldest was written at ${shownTime(new Date(oldest.at))}`,
    }),
    'A running Latchkey seals entries within minutes. If it does not, its log says why the job audit.seal fails.',
  );
}
