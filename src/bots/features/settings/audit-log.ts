/** `audit`: who did what, when and from where, newest first; with filters and an export. */
import type { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { isDay } from '../../../core/day.ts';
import { addDays, dayIn, startOfDay } from '../../../core/days.ts';
import { byId } from '../../../core/ids.ts';
import { shorten } from '../../../core/shorten.ts';
import { sayNumber, sentences, t } from '../../../core/translate.ts';
import type { CauseKind, ProofKind } from '../../../engine/access/removals/removal.ts';
import {
  type AuditEntry,
  type Integration,
  labelOf,
  nameOrDeleted,
  type Person,
} from '../../../engine/people/directory.ts';
import { detailWords, nameNow, withPeople } from '../../../engine/work/audit-details.ts';
import { auditKinds, viaWords, whatWords } from '../../../engine/work/audit-words.ts';
import { damagedWords, isDamagedActor } from '../../../engine/work/damaged-actor.ts';
import { type AuditWanted, auditWanted, filterOf } from '../../../engine/work/exports.ts';
import { namesFrom, withToken } from '../../../engine/work/names.ts';
import type { Turn } from '../../live/context.ts';
import { platformNames } from '../../live/platform-names.ts';
import { formAction, type Reply } from '../../view/action.ts';
import { type Block, paragraph, strong } from '../../view/card.ts';
import { type DateStyle, showClock, showDate, showDay } from '../../view/dates.ts';
import { readersTo } from '../admins.ts';
import { kindWords } from '../findings/finding-words.ts';
import { type ListCard, listCard } from '../list-card.ts';
import { LONG_PAGE, pageShown } from '../paging.ts';
import { personAnswered, personFields } from '../people/person-fields.ts';
import { nameOf, roleWords } from '../people/person-words.ts';
import { everyWords } from '../reviews/review-words.ts';
import { exportFile } from './export-file.ts';
import { openOverview } from './overview-link.ts';

const wanted = () => t`read the audit log`;

const payload = pageShown.extend({ filter: auditWanted });
type AuditLogPayload = z.infer<typeof payload>;

/** Beyond the page. A log of years has millions of entries, and counting them all takes seconds. */
const COUNTED = 1000;

const audit: ListCard<AuditLogPayload> = listCard({
  id: 'audit.page',
  payload,
  size: LONG_PAGE,
  admit: readersTo(wanted),

  async read({ filter }, at, turn) {
    const { stores } = turn;
    const narrowed = filterOf(filter);
    const most = at.offset + COUNTED;
    const total = await stores.auditLog.count(narrowed, most);
    const items = await stores.auditLog.list(at, narrowed);
    return {
      items,
      total,
      isMore: total === most,
      named: await namedIn(items, stores),
      only: await filterWords(filter, turn),
    };
  },

  title: () => t`Audit log`,
  empty: ({ only }) => sentences(t`No entries found.`, only),
  counted: ({ total, isMore }) =>
    isMore ? t`More than ${sayNumber(total - 1)}` : t`${sayNumber(total)} in all`,
  explained: ({ only }) => only,
  row: async (entry, { items, named }, turn) => {
    const [day, before] = [entry, items[items.indexOf(entry) - 1]].map(
      (each) => each && showDate(each.at, turn),
    );
    const line = await lineOf(entry, named, turn);
    return day === undefined || day === before ? [line] : [paragraph([strong(day)]), line];
  },
  before: ({ shown: { filter } }) => [
    { label: t`Filter…`, does: filterAudit.with({ filter, page: 0 }) },
    { label: t`Export (CSV)`, does: exportFile.with({ of: 'audit', filter }) },
    { label: t`Overview`, does: openOverview.with({}) },
    {
      label: t`Evidence (ZIP)`,
      does: exportFile.with({ of: 'evidence', filter: withoutKind(filter) }),
    },
  ],
});
/** A pack has every kind of entry. */
const withoutKind = ({ personId, integrationId, from, before }: AuditWanted) => ({
  personId,
  integrationId,
  from,
  before,
});

export const turnAuditPage = audit.turnPage;

export const filterAudit = formAction({
  id: 'audit.filter',
  payload,
  admit: readersTo(wanted),
  title: () => t`Filter the audit log`,
  submitLabel: () => t`Show`,

  async fields({ filter }, turn) {
    const integrations = await turn.stores.integrations.list();
    const person = filter.personId ? await turn.stores.people.find(filter.personId) : undefined;
    const { picked, email } = await personFields(
      { label: t`By or about`, emailLabel: t`By or about (email address)` },
      person,
      turn,
    );
    const dayOf = (at: number) => dayIn(turn.timeZone, new Date(at));
    return {
      fields: {
        picked,
        person: email,
        what: {
          kind: 'choice',
          label: t`What`,
          optional: true,
          options: Object.entries(auditKinds()).map(([value, label]) => ({ label, value })),
          initial: filter.what || undefined,
        },
        integration: {
          kind: 'choice',
          label: t`Integration`,
          optional: true,
          options: integrations.map(({ id, name }) => ({ label: name, value: id })),
          initial: filter.integrationId || undefined,
        },
        from: {
          kind: 'date',
          label: t`From`,
          optional: true,
          initial: filter.from !== undefined ? dayOf(filter.from) : undefined,
        },
        until: {
          kind: 'date',
          label: t`Until`,
          optional: true,
          initial: filter.before !== undefined ? dayOf(filter.before - 1) : undefined,
        },
      },
    };
  },

  async submit(
    { picked, person: email, what, integration, from, until },
    _payload,
    { shown, ...turn },
  ) {
    const names = { picked: 'picked', email: 'person' };
    const asked = { picked, email, shown, names, mayHaveLeft: true };
    const found =
      picked === undefined && email === undefined ? undefined : await personAnswered(asked, turn);
    if (found && !found.ok) return { kind: 'invalid', errors: found.errors };
    if (from !== undefined && until !== undefined && until < from)
      return { kind: 'invalid', errors: { until: t`The last day is before the first.` } };
    const at = (day: string) => startOfDay(day, turn.timeZone).getTime();
    const filter: AuditWanted = {
      personId: found?.person.id,
      what,
      integrationId: integration,
      from: from !== undefined ? at(from) : undefined,
      before: until !== undefined ? at(addDays(until, 1)) : undefined,
    };
    return audit.reply({ filter, page: 0 }, turn);
  },
});

/** @param personId the entries by or about them; left out: all */
export const openAudit = (turn: Turn, personId?: string): Promise<Reply> =>
  audit.reply({ filter: { personId }, page: 0 }, turn);

/** A sentence about what the entries are limited to; undefined where all are shown. */
async function filterWords(
  { personId, what, integrationId, from, before }: AuditWanted,
  { stores, timeZone }: Turn,
): Promise<string | undefined> {
  const [person] = personId === undefined ? [] : await stores.people.findMany([personId]);
  const [integration] =
    integrationId === undefined ? [] : await stores.integrations.findMany([integrationId]);
  const kinds: Readonly<Record<string, string | undefined>> = auditKinds();
  const dayOf = (at: number) => showDay(dayIn(timeZone, new Date(at)));
  const limits = compact([
    personId !== undefined &&
      (person ? t`by or about ${nameOf(person)}` : t`by or about a deleted person`),
    integrationId !== undefined && (integration ? integration.name : t`a deleted integration`),
    what !== undefined && kinds[what],
    from !== undefined && t`from ${dayOf(from)}`,
    before !== undefined && t`until ${dayOf(before - 1)}`,
  ]);
  return limits.length > 0 ? t`Filter: ${limits.join(', ')}.` : undefined;
}

/** Ids and hosts. The export has them. */
const PLUMBING = new Set(['tenant', 'import', 'subject', 'hosts', 'part', 'dryRun', 'signature']);
const ISO_TIME = /\b(\d{4}-\d\d-\d\d)(?:T[\d:.]+Z)?\b/g;

function shownDetail(
  name: string,
  value: string | number | boolean,
  style: DateStyle,
): string | undefined {
  if (PLUMBING.has(name)) return undefined;
  if (typeof value === 'boolean') return value ? t`yes` : t`no`;
  if (typeof value === 'number') return sayNumber(value);
  const named = valueNames()[nameNow(name)] ?? {};
  if (Object.hasOwn(named, value)) return named[value];
  return value.replaceAll(ISO_TIME, (whole, day: string) => {
    const at = new Date(whole);
    if (!isDay(day) || Number.isNaN(at.getTime())) return whole;
    return whole === day ? showDay(day) : showDate(at, style);
  });
}

/** The values that are words of the code, by the detail that has them. */
function valueNames(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const item = {
    grant: t`grant`,
    revoke: t`revoke`,
    message: t`message`,
    task: t`task`,
    other: t`other`,
  };
  return {
    access: { keep: t`stays`, remove: t`is removed` },
    added: item,
    before: roleWords(),
    cause: causeNames(),
    changed: item,
    every: everyWords(),
    item,
    kind: { ...item, ...kindWords(), joiner: t`first day`, mover: t`move` },
    moved: item,
    platform: platformNames,
    proof: { ...causeNames(), ...proofNames() },
    removed: item,
    reviewers: {
      managers: t`each person's manager`,
      owners: t`the owners of each app`,
      named: t`people chosen by name`,
    },
    role: roleWords(),
    undecided: { keep: t`stays`, remove: t`is removed`, admins: t`goes to Latchkey admins` },
  };
}

const causeNames = (): Readonly<Record<CauseKind, string>> => ({
  revoked: t`revoked`,
  expired: t`its time was over`,
  review: t`access review`,
  sequence: t`sequence`,
  'stopped-grant': t`stopped grant`,
  'integration-deleted': t`deleted integration`,
  offboarding: t`offboarding`,
  left: t`deactivated`,
  found: t`found after they left`,
});

/** A revoke that proves it has the same word as one that causes it. */
const proofNames = (): Readonly<Record<Exclude<ProofKind, 'revoked'>, string>> => ({
  asked: t`the app reports no access`,
  'look-up': t`the app reports no such account`,
  done: t`done by hand`,
  confirmed: t`an admin checked: it's gone`,
  nothing: t`nothing was granted there`,
});

/** What a page of entries shows of one, so that it is one message. The export has the rest. */
const LONGEST_LINE = 500;

/** Whom and what a page names, read at once. */
interface Named {
  readonly people: ReadonlyMap<string, Person>;
  readonly integrations: ReadonlyMap<string, Integration>;
}

async function namedIn(entries: readonly AuditEntry[], stores: Turn['stores']): Promise<Named> {
  const by = ({ actor }: AuditEntry): readonly string[] =>
    !isDamagedActor(actor) && actor.kind === 'person' ? [actor.personId] : [];
  const people = entries.flatMap((entry) => [...by(entry), entry.personId ?? []].flat());
  const integrations = entries.flatMap(({ integrationId }) => integrationId ?? []);
  const [found, apps] = await Promise.all([
    stores.people.findMany(people),
    stores.integrations.findMany(integrations),
  ]);
  return { people: byId(found), integrations: byId(apps) };
}

async function lineOf(entry: AuditEntry, named: Named, turn: Turn): Promise<Block> {
  const { stores } = turn;
  // Details may name others.
  const nameWith = async (id: string) => {
    const person = named.people.get(id) ?? (await stores.people.find(id));
    return nameOrDeleted(person);
  };
  const detail = await withPeople(entry.detail, nameWith);
  const { actor } = entry;
  const who = isDamagedActor(actor)
    ? damagedWords()
    : actor.kind === 'person'
      ? await withToken(actor, await nameWith(actor.personId), namesFrom(stores).token)
      : actor.kind === 'operator'
        ? actor.user
        : t`Latchkey`;
  const via = viaWords(actor);
  const integration = named.integrations.get(entry.integrationId ?? '');
  const about = [
    integration && labelOf(integration),
    entry.personId && t`for ${await nameWith(entry.personId)}`,
    detailWords({ detail }, (name, value) => shownDetail(name, value, turn)),
  ].filter(Boolean);
  return paragraph([
    `${showClock(entry.at, turn)} · `,
    strong(who),
    ` ${whatWords(entry.what)}`,
    about.length > 0 ? ` · ${shorten(about.join(' · '), LONGEST_LINE)}` : '',
    via && ` · ${via}`,
  ]);
}
