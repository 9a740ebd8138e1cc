/** `latchkey evidence`: writes a pack of evidence, a ZIP file for an auditor. */
import { Readable } from 'node:stream';
import { isDay } from '../../core/day.ts';
import { addDays, startOfDay } from '../../core/days.ts';
import { DAY_MS } from '../../core/hours.ts';
import type { Scope } from '../../engine/evidence/evidence.ts';
import { makePack } from '../../engine/evidence/pack.ts';
import { sealAudit } from '../../engine/work/seal-audit.ts';
import { CommandError } from '../command-error.ts';
import { inSession, integrationNamed, personNamed, type Session } from '../session.ts';
import { writeNew } from './write-new.ts';

export interface EvidenceOptions {
  readonly out: string;
  /** ISO dates, both included. */
  readonly from?: string;
  readonly until?: string;
  readonly person?: string;
  readonly integration?: string;
  /** By its name. */
  readonly review?: string;
}

/** Nobody has more reviews open to their memory. */
const REVIEWS = 250;

/** @throws {CommandError} */
export const evidenceCommand = (options: EvidenceOptions): Promise<void> =>
  inSession(async (session) => {
    const { stores, transact, output, actor } = session;
    const scope = await scopeOf(options, session);
    await sealAudit(session); // What was just done belongs to it.
    const by = actor.kind === 'operator' ? actor.user : 'Latchkey';
    const pack = makePack(scope, { stores, now: session.now(), by });
    const note = () =>
      transact((tx) =>
        tx.audit('export.made', {
          actor,
          personId: scope.personId,
          integrationId: scope.integrationId,
          detail: {
            file: 'evidence.zip',
            from: scope.from.toISOString(),
            before: scope.before.toISOString(),
            ...(scope.reviewId !== undefined && { reviewId: scope.reviewId }),
          },
        }),
      );
    await writeNew(options.out, Readable.from(pack), note);
    output.line(options.out);
    output.note(
      `It contains names and addresses, and only you can read it. Check it with "latchkey verify ${options.out}".`,
    );
  });

async function scopeOf(
  { from, until, person, integration, review }: EvidenceOptions,
  session: Session,
): Promise<Scope> {
  const { timeZone, evidenceDays } = session.config;
  const now = session.now();
  const found = review === undefined ? undefined : await reviewNamed(review, session);
  if (from !== undefined && until !== undefined && dayGiven(from) > dayGiven(until))
    throw new CommandError(`--from ${from} is after --until ${until}`);
  return {
    from:
      from === undefined
        ? new Date(now.getTime() - evidenceDays * DAY_MS)
        : startOfDay(dayGiven(from), timeZone),
    before:
      until === undefined
        ? new Date(now.getTime() + 1)
        : startOfDay(addDays(dayGiven(until), 1), timeZone),
    personId: person === undefined ? undefined : (await personNamed(person, session)).id,
    integrationId:
      integration === undefined ? undefined : (await integrationNamed(integration, session)).id,
    reviewId: found,
  };
}

function dayGiven(text: string): string {
  if (!isDay(text)) throw new CommandError(`"${text}" is not a date; use one like 2026-01-31`);
  return text;
}

async function reviewNamed(name: string, { stores }: Session): Promise<string> {
  const { reviews } = await stores.reviews.list({ offset: 0, limit: REVIEWS });
  const found = reviews.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (found) return found.id;
  const known = reviews.map((each) => each.name).join(', ');
  throw new CommandError(
    `no access review is called "${name}"; ${known === '' ? 'there was none yet' : `there are ${known}`}`,
  );
}
