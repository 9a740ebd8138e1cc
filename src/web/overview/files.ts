/** The lists as CSV files. */
import { csvLine } from '../../core/csv.ts';
import { isUnasked } from '../../engine/access/accounts.ts';
import { troubledApps } from '../../engine/overview/health.ts';
import { allEntries, allHolders, type Entry } from '../../engine/overview/overview.ts';
import { fullName } from '../../engine/people/directory.ts';
import { hasAddress } from '../../engine/people/no-address.ts';
import type { FindingFilter } from '../../engine/ports/finding-stores.ts';
import type { Export } from '../../engine/work/exports.ts';
import { namesFrom, whoWords } from '../../engine/work/names.ts';
import { namedBy, wantedFindings } from './findings-page.ts';
import { troubleWords } from './health-page.ts';
import { wantedPeople } from './people-pages.ts';
import { removalRows, wantedRemovals } from './removals-page.ts';
import { type Turn, whyOf } from './turn.ts';

/** Read at once; a page's worth would be asked for a thousand times. */
const AT_ONCE = 250;

export async function peopleFile(turn: Turn): Promise<Export> {
  const { text, who } = wantedPeople(turn);
  return {
    fileName: 'access.csv',
    type: 'text/csv',
    // The words may be someone's name, which could not be erased.
    filter: { people: who, ...(text !== '' && { searched: 'yes' }) },
    lines: entryLines(allEntries(turn.stores, { text, who }), turn),
  };
}

export async function appFile(turn: Turn, id: string): Promise<Export | undefined> {
  const integration = await turn.stores.integrations.find(id);
  return (
    integration && {
      fileName: 'access.csv',
      type: 'text/csv',
      integrationId: integration.id,
      lines: entryLines(allHolders(turn.stores, integration), turn),
    }
  );
}

/** Times are in UTC, as in the other files. */
async function* entryLines(
  parts: AsyncIterable<readonly Entry[]>,
  turn: Turn,
): AsyncIterable<string> {
  yield csvLine([
    'person',
    'email',
    'department',
    'works here',
    'app',
    'state',
    'why',
    'since',
    'checked at',
  ]);
  for await (const entries of parts) {
    const why = await whyOf(entries, turn);
    for (const entry of entries) yield entryLine(entry, why(entry));
  }
}

const entryLine = ({ person, integration, access }: Entry, why: string): string =>
  csvLine([
    fullName(person),
    hasAddress(person) ? person.email : '',
    person.department ?? '',
    person.active ? 'yes' : 'no',
    integration.name,
    access?.state ?? 'not there now',
    why,
    access?.since.toISOString() ?? '',
    access && !isUnasked(access) ? access.checkedAt.toISOString() : '',
  ]);

export async function removalsFile(turn: Turn): Promise<Export> {
  const { state, integrationId } = wantedRemovals(turn);
  return {
    fileName: 'removals.csv',
    type: 'text/csv',
    ...(await knownIn(turn, { integrationId })),
    filter: { ...(state !== undefined && { state }) },
    lines: removalLines(turn),
  };
}

/** Of what an address names, which may be anything: whom and what there is. */
async function knownIn(
  { stores }: Turn,
  { personId = '', integrationId = '' }: Pick<FindingFilter, 'personId' | 'integrationId'>,
): Promise<Pick<Export, 'personId' | 'integrationId'>> {
  const [person, integration] = await Promise.all([
    stores.people.find(personId),
    stores.integrations.find(integrationId),
  ]);
  return { personId: person?.id, integrationId: integration?.id };
}

async function* removalLines(turn: Turn): AsyncIterable<string> {
  yield csvLine(['person', 'email', 'app', 'began at', 'state', 'in words']);
  const wanted = wantedRemovals(turn);
  for (let last: string | undefined; ; ) {
    const shown = await turn.stores.removals.before(last, AT_ONCE, wanted);
    for (const { removal, person, email, app, said } of await removalRows(shown, turn))
      yield csvLine([person, email, app, removal.beganAt.toISOString(), removal.state, said]);
    last = shown.at(-1)?.id;
    if (shown.length < AT_ONCE) return;
  }
}

export async function findingsFile(turn: Turn): Promise<Export> {
  const { states, kind, since, ...about } = wantedFindings(turn);
  return {
    fileName: 'findings.csv',
    type: 'text/csv',
    ...(await knownIn(turn, about)),
    filter: {
      ...(states && { state: states.join(', ') }),
      ...(kind && { kind }),
      ...(since && { from: since.toISOString() }),
    },
    lines: findingLines(turn),
  };
}

async function* findingLines(turn: Turn): AsyncIterable<string> {
  yield csvLine([
    'app',
    'account',
    'person',
    'email',
    'kind',
    'state',
    'found at',
    'seen at',
    'last sign-in',
    'owner',
    'look again on',
    'last decided by',
    'last decided at',
  ]);
  const wanted = wantedFindings(turn);
  const names = namesFrom(turn.stores);
  for (let after = ''; ; ) {
    const shown = await turn.stores.findings.after(wanted, after, AT_ONCE);
    const { person, owner, app } = await namedBy(shown, turn);
    for (const finding of shown) {
      const [whose, answers] = [person(finding), owner(finding)];
      yield csvLine([
        app(finding.integrationId),
        finding.label,
        whose ? fullName(whose) : '',
        whose && hasAddress(whose) ? whose.email : '',
        finding.kind,
        finding.state,
        finding.foundAt.toISOString(),
        finding.seenAt.toISOString(),
        finding.lastLogin?.toISOString() ?? '',
        answers ? fullName(answers) : '',
        finding.lookAgainOn ?? '',
        finding.decided ? await whoWords(finding.decided.by, names) : '',
        finding.decided?.at.toISOString() ?? '',
      ]);
      after = finding.id;
    }
    if (shown.length < AT_ONCE) return;
  }
}

export async function healthFile(turn: Turn): Promise<Export> {
  return { fileName: 'health.csv', type: 'text/csv', lines: healthLines(turn) };
}

async function* healthLines(turn: Turn): AsyncIterable<string> {
  yield csvLine(['app', 'state', 'not confirmed', 'stuck', 'last good answer', 'in words']);
  for (const app of await troubledApps(turn.stores))
    yield csvLine([
      app.integration.name,
      app.state.kind,
      String(app.unknown),
      String(app.stuck),
      app.okAt?.toISOString() ?? '',
      troubleWords(app, turn).join(' '),
    ]);
}
