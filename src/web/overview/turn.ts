/** What every page of the overview has: its reader, its filters, its pages, and the words of chat. */
import { t } from '../../core/translate.ts';
import { isUnasked } from '../../engine/access/accounts.ts';
import type { Hold } from '../../engine/access/hold.ts';
import type { Removal } from '../../engine/access/removals/removal.ts';
import type { AccountRound } from '../../engine/findings/account-round.ts';
import type { Finding, FindingKind, Standing } from '../../engine/findings/finding.ts';
import type { IntegrationState } from '../../engine/integrations/integration-state.ts';
import type { Entry } from '../../engine/overview/overview.ts';
import { type Integration, labelOf, type Person } from '../../engine/people/directory.ts';
import type { Page } from '../../engine/ports/store.ts';
import type { AccessRequest } from '../../engine/requests/access-request.ts';
import type { SessionDeps } from '../sessions.ts';
import type { Choice, Frame, View } from './views.ts';

/** What chat says about the same things. */
export interface OverviewWords {
  /** Of all these holds; the answer then says why someone with some of them has access. */
  why(holds: readonly Hold[], timeZone: string): Promise<(holds: readonly Hold[]) => string>;
  removal(removal: Removal, timeZone: string): Promise<string>;
  /** Whether an app works, and what it needs. */
  app(state: IntegrationState): string;
  requests(requests: readonly AccessRequest[]): Promise<(request: AccessRequest) => string>;
  findingKinds(): Readonly<Record<FindingKind, string>>;
  standings(): Readonly<Record<Standing, string>>;
  /** What becomes of it. Undefined: an admin has to decide. @param owner of a service account */
  finding(finding: Finding, owner: Person | undefined): string | undefined;
  /** Of a finding whose app's list isn't read any more. */
  unchecked(): string;
  /** Why the last list of accounts of an app says less than it should. Undefined: it doesn't. */
  list(round: AccountRound, integration: Integration, timeZone: string): string | undefined;
  time(at: Date, timeZone: string): string;
  /** @param day ISO date */
  day(day: string): string;
}

export interface OverviewDeps extends SessionDeps {
  readonly words: OverviewWords;
  /** IANA name, for readers who have none. */
  readonly timeZone: string;
}

export interface Turn extends OverviewDeps {
  readonly frame: Frame;
  readonly query: URLSearchParams;
  /** Of the reader. */
  readonly zone: string;
  readonly reader: Person;
}

/** Rows of a page. */
export const ROWS = 50;
const MAX_PAGE = 1_000_000;

export const queryOf = (wanted: Readonly<Record<string, string>>): string =>
  new URLSearchParams(wanted).toString();

/** @param limit rows of a page */
export function pageOf({ query }: Turn, limit: number): Page {
  const page = Number(query.get('page') ?? '1');
  const at = Number.isSafeInteger(page) && page > 0 && page < MAX_PAGE ? page : 1;
  return { offset: (at - 1) * limit, limit };
}

/** The pages before and after this one, with the same filters. */
export function around(
  path: string,
  {
    total,
    page: { offset, limit },
    turn,
  }: { readonly total: number; readonly page: Page; readonly turn: Turn },
): Pick<View, 'previous' | 'following'> {
  const to = (page: number): string => {
    const query = new URLSearchParams(turn.query);
    query.set('page', String(page));
    return `${turn.frame.root}/${path}?${query.toString()}`;
  };
  const at = offset / limit + 1;
  return {
    previous: at > 1 ? to(at - 1) : undefined,
    following: offset + limit < total ? to(at + 1) : undefined,
  };
}

/** Why someone has it: its holds, or that nothing explains it. */
export async function whyOf(entries: readonly Entry[], { words, zone }: Turn) {
  const inWords = await words.why(
    entries.flatMap(({ holds }) => holds),
    zone,
  );
  return ({ holds, access, isBeingRemoved }: Entry): string => {
    if (isBeingRemoved) return t`being removed`;
    const why = inWords(holds) || t`no reason on record`;
    return access ? why : t`${why} (not there now)`;
  };
}

export function stateOfEntry({ access }: Entry): string {
  if (!access) return t`not there now`;
  return access.state === 'has' ? t`has access` : t`not confirmed`;
}

/** When its app was last asked. Empty where it never was, such as since the person came back. */
export const checkedOf = ({ access }: Entry, { words, zone }: Turn): string =>
  access && !isUnasked(access) ? words.time(access.checkedAt, zone) : '';

export const appChoices = (apps: readonly Integration[]): readonly Choice[] => [
  { value: '', label: t`Every app` },
  ...apps.map((each) => ({ value: each.id, label: labelOf(each) })),
];

export async function namesOf(ids: readonly string[], { stores }: Turn) {
  const found = await stores.integrations.findMany([...new Set(ids)]);
  const names = new Map(found.map((integration) => [integration.id, labelOf(integration)]));
  return (id: string): string => names.get(id) ?? t`a deleted integration`;
}
