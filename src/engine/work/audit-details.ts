/** The details of an entry of the audit log: what a change stores of them, and how they are read. */
import { capitalised } from '../../core/capitalised.ts';
import { shorten } from '../../core/shorten.ts';
import { inEachLanguage, t } from '../../core/translate.ts';
import type { AuditEntry } from '../people/directory.ts';

type Detail = NonNullable<AuditEntry['detail']>[string];
type Details = NonNullable<AuditEntry['detail']>;

/** Details that are people's ids, or several with commas: a list names who it is by now. */
const PEOPLE: Readonly<Record<string, string>> = {
  approverId: 'approver',
  assigneeId: 'assignee',
  delegateId: 'delegate',
  forPersonId: 'forPerson',
  managerId: 'manager',
  ownerIds: 'owners',
  reviewerIds: 'reviewersNamed',
};
/** As an assignee. */
export const ANY_ADMIN = 'any admin';

/** @param nameOf the text itself where it is nobody's id */
export async function withPeople(
  detail: Details | undefined,
  nameOf: (id: string) => Promise<string>,
): Promise<Details> {
  const named: Record<string, Detail> = {};
  for (const [name, value] of Object.entries(detail ?? {})) {
    const shown = PEOPLE[nameNow(name)];
    if (shown === undefined) named[name] = value;
    else {
      const ids = String(value).split(', ').filter(Boolean);
      const people = ids.map(async (id) => (id === ANY_ADMIN ? t`any admin` : nameOf(id)));
      const isBefore = nameNow(name) !== name;
      named[isBefore ? `${shown}${BEFORE}` : shown] =
        (await Promise.all(people)).join(', ') || t`none`;
    }
  }
  return named;
}

/** Of one part: longer texts are cut. */
const LONGEST = 1000;
const BEFORE = 'Before';

/**
 * The details of a change: each part that is other than before, and what it was, as `…Before`. Never a secret, nor what someone
 * typed into a form of an app.
 */
export function changeOf(before: Details, after: Details): Details {
  const changed: Record<string, Detail> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name] ?? '', after[name] ?? ''];
    if (was === is) continue;
    changed[name] = short(is);
    changed[`${name}${BEFORE}`] = short(was);
  }
  return changed;
}

/** With longer texts cut. */
export const shortened = (details: Details): Details =>
  Object.fromEntries(Object.entries(details).map(([name, value]) => [name, short(value)]));

const short = (value: Detail): Detail =>
  typeof value === 'string' ? shorten(value, LONGEST) : value;

/** Of `policyBefore`: `policy`. Its values are read as that one's. */
export const nameNow = (name: string): string =>
  name.length > BEFORE.length && name.endsWith(BEFORE) ? name.slice(0, -BEFORE.length) : name;

/**
 * The details of an entry as `name: value` pairs. Ids are left out. A value may be sentences, as a policy is: then the next pair
 * begins like another one.
 * @param show the value in words; undefined leaves the pair out
 */
export const detailWords = (
  { detail }: Pick<AuditEntry, 'detail'>,
  show: (name: string, value: Detail) => string | undefined = (_name, value) => String(value),
): string =>
  Object.entries(detail ?? {})
    .filter(([name]) => !name.endsWith('Id'))
    .flatMap(([name, value]) => {
      const shown = show(name, value);
      return shown === undefined ? [] : [`${nameInWords(name)}: ${shown}`];
    })
    .map((pair, at, pairs) => {
      if (at === 0) return pair;
      return /[.!?]$/.test(pairs[at - 1] ?? '') ? ` ${capitalised(pair)}` : `, ${pair}`;
    })
    .join('');

function nameInWords(name: string): string {
  const now = nameNow(name);
  const said = detailNames()[now] ?? inWords(now);
  return now === name ? said : t`${said} before`;
}

/** A detail that isn't listed is shown by its own name. */
const detailNames = inEachLanguage(
  (): Readonly<Record<string, string>> => ({
    access: t`access`,
    added: t`added`,
    approver: t`approver`,
    apps: t`apps`,
    askAboutJoins: t`ask about joins`,
    assignee: t`assignee`,
    before: t`before`,
    breakGlass: t`break-glass`,
    bundle: t`bundle`,
    cancelled: t`grants cancelled`,
    cause: t`cause`,
    changed: t`changed`,
    codes: t`codes`,
    conditions: t`conditions`,
    copiedAt: t`copied at`,
    copyOf: t`copy of`,
    created: t`created`,
    damaged: t`damaged`,
    dateLanguage: t`date language`,
    days: t`days`,
    delegate: t`delegate`,
    description: t`description`,
    draft: t`draft`,
    hours: t`hours`,
    droppedSecrets: t`deleted secrets`,
    peopleCleared: t`people whose values from a former integration were deleted`,
    due: t`due`,
    dueDate: t`due date`,
    email: t`email`,
    encrypted: t`encrypted`,
    endDate: t`last day`,
    endpoint: t`event endpoint`,
    entries: t`entries`,
    every: t`how often`,
    fields: t`fields`,
    firstOn: t`first date`,
    file: t`file`,
    followed: t`running grants that are stopped`,
    forEveryHire: t`for every new hire`,
    forPerson: t`as delegate of`,
    fresh: t`new`,
    from: t`from`,
    headsTo: t`heads of the audit log go to`,
    holidays: t`holidays`,
    hook: t`webhook`,
    hosts: t`hosts`,
    how: t`how`,
    import: t`import`,
    importMostPeople: t`most new people per import`,
    importMostPercent: t`most new people per import, in percent`,
    item: t`item`,
    items: t`items`,
    kind: t`kind`,
    department: t`department`,
    leadDays: t`days before the first day`,
    leftOut: t`left out`,
    manager: t`manager`,
    minutesLate: t`minutes late`,
    mode: t`mode`,
    moved: t`moved`,
    name: t`name`,
    mailDomains: t`email domains`,
    names: t`names`,
    notEncrypted: t`not encrypted again`,
    notices: t`notices`,
    number: t`number`,
    on: t`on`,
    overlapDays: t`days that access stays`,
    owners: t`owners`,
    owns: t`owned fields`,
    people: t`people`,
    place: t`place`,
    platform: t`platform`,
    policy: t`policy`,
    proof: t`proof`,
    quietHours: t`quiet hours`,
    removed: t`removed`,
    restored: t`restored`,
    reviewers: t`who reviews`,
    reviewersNamed: t`reviewers`,
    returned: t`returned`,
    role: t`role`,
    rows: t`rows`,
    rule: t`rule`,
    rules: t`rules`,
    failures: t`failed grants`,
    approved: t`approved options`,
    schedule: t`schedule`,
    searched: t`only those with words that were searched for`,
    sequence: t`sequence`,
    sameDomains: t`domains that mean the same people`,
    samePerson: t`the same person`,
    secretsAsLinks: t`secrets as links`,
    state: t`state`,
    storedValuesDropped: t`deleted stored values`,
    subject: t`subject`,
    tags: t`tags`,
    takesUnconfirmed: t`unconfirmed addresses`,
    tenant: t`tenant`,
    textProvider: t`texts are sent by`,
    to: t`to`,
    notDecided: t`not decided`,
    undecided: t`undecided`,
    unopened: t`texts that could not be opened`,
    until: t`until`,
    update: t`update`,
    updated: t`updated`,
    wanted: t`attempted`,
    personalTokens: t`personal API tokens`,
    scopes: t`what it may do`,
    tokenId: t`token`,
    weekend: t`weekend`,
    when: t`when`,
    why: t`why`,
  }),
);

/** `dueDate`: `due date`. */
const inWords = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
