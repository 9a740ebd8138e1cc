/** The apps: who has an account there, and how they misbehave. Nobody but the test looks into them past their API. */
import type { Http, HttpAnswer, HttpRequest } from '../../../src/engine/ports/http.ts';
import { chanceOf } from '../seeded.ts';

export interface AppShape {
  readonly name: string;
  /** `list`: the answer lists addresses; `status`: 404 says that there is none; `none`: the app can't be asked. */
  readonly exists: 'list' | 'status' | 'none';
  readonly isRevocable: boolean;
  /** Of the grant; the first one makes the account. */
  readonly steps: number;
  /** Names accounts by an id that it answers with, whatever becomes of the address. */
  readonly hasIds?: boolean;
  /** Whether it lists its accounts, two to a page, and after those of nobody here. */
  readonly lists?: boolean;
}

const BASE = 'https://apps.example';

export function manifestOf({ name, exists, isRevocable, steps, hasIds, lists }: AppShape): object {
  const user = `${BASE}/${name}/u/{{email}}`;
  const key = `${name.toUpperCase()}_ID`;
  const named = hasIds ? `${BASE}/${name}/i/{{${key}}}` : user;
  const make = hasIds ? { url: user, store_data: { [key]: 'id' } } : { url: user };
  return {
    ...(exists === 'list' && {
      exists: {
        method: 'GET',
        url: `${BASE}/${name}/list`,
        expected: hasIds ? `{{${key}}}` : '"{{email}}"',
      },
    }),
    ...(exists === 'status' && {
      exists: { method: 'GET', url: named, fail_when_4xx_response_code: false },
    }),
    execute: [
      make,
      ...Array.from({ length: steps - 1 }, (_, index) => ({
        url: `${BASE}/${name}/t${index}/{{email}}`,
      })),
    ],
    ...(isRevocable && { revoke: [{ method: 'DELETE', url: named }] }),
    ...(lists && {
      accounts: {
        execute: [{ method: 'GET', url: `${BASE}/${name}/accounts/0` }],
        data_from: 'accounts',
        data_structure: { email: 'email', id: 'id' },
        next_page_from: 'next',
      },
    }),
  };
}

export interface AppAccount {
  readonly id: string;
  /** Persons for whom it was made, or who were granted it when it was there. */
  readonly owners: Set<string>;
}

export interface Apps extends Http {
  /** By the app's name, then by address. */
  readonly accounts: ReadonlyMap<string, Map<string, AppAccount>>;
  /** Every write, `POST Jira ann@firm.example ok`, with the time. */
  readonly sent: { readonly at: number; readonly text: string }[];
  /** Whether it answers nothing useful at that time. */
  isDown(app: string, at: Date): boolean;
  /** What was lost on its way and is due arrives. */
  arrive(): void;
}

export interface AppsWish {
  readonly seed: number;
  readonly shapes: readonly AppShape[];
  readonly now: () => Date;
  /** Whether everything works now. */
  readonly isQuiet: () => boolean;
  /** The id of the person who has this address now. */
  readonly ownerOf: (email: string) => Promise<string | undefined>;
}

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
/** In some weeks an app is down for some hours. */
const DOWN_SHARE = 0.3;
const FAILS = 0.06;

export function yearOfApps({ seed, shapes, now, isQuiet, ownerOf }: AppsWish): Apps {
  const accounts = new Map(shapes.map(({ name }) => [name, new Map<string, AppAccount>()]));
  const sent: { at: number; text: string }[] = [];
  const late: { readonly at: number; readonly does: () => void }[] = [];
  let drawn = 0;
  let ids = 0;
  const arrive = (): void => {
    for (const each of late.filter(({ at }) => at <= now().getTime())) {
      each.does();
      late.splice(late.indexOf(each), 1);
    }
  };
  const isDown = (app: string, at: Date): boolean => {
    if (isQuiet()) return false;
    const week = Math.floor(at.getTime() / (7 * DAY));
    const of = (what: string) => chanceOf(`${seed} ${app} ${week} ${what}`);
    if (of('down') >= DOWN_SHARE) return false;
    const from = week * 7 * DAY + of('from') * 5 * DAY;
    return at.getTime() >= from && at.getTime() < from + 2 * HOUR + of('long') * 34 * HOUR;
  };
  /** What becomes of a request that meets no outage. */
  const fateOf = (): string => {
    if (isQuiet()) return 'ok';
    drawn += 1;
    const drawnNow = chanceOf(`${seed} fate ${drawn}`);
    if (drawnNow >= FAILS) return 'ok';
    return (
      ['500', '429', 'lost-before', 'lost-after', 'lost-late'][
        Math.floor((drawnNow / FAILS) * 5)
      ] ?? 'ok'
    );
  };

  return {
    accounts,
    sent,
    isDown,
    arrive,
    async send({ method, url }: HttpRequest): Promise<HttpAnswer> {
      arrive();
      const [, app = '', part = '', who = ''] = new URL(url).pathname
        .split('/')
        .map(decodeURIComponent);
      const members = accounts.get(app);
      if (!members) return answer(404, '{}');
      const owner = method === 'POST' && part === 'u' ? await ownerOf(who) : undefined;
      const found = () =>
        part === 'i'
          ? [...members].find(([, { id }]) => id === who)
          : part === 'u'
            ? [...members].find(([email]) => email === who)
            : undefined;
      const does = (): void => {
        const there = found();
        if (method === 'POST' && part === 'u' && owner !== undefined) {
          if (there) there[1].owners.add(owner);
          else members.set(who, { id: `${app}-${(ids += 1)}`, owners: new Set([owner]) });
        }
        if (method === 'DELETE' && there) members.delete(there[0]);
      };
      const fate = isDown(app, now()) ? 'down' : fateOf();
      if (method !== 'GET')
        sent.push({ at: now().getTime(), text: `${method} ${app} ${who} ${fate}` });
      if (fate === 'down') return answer(503, '');
      if (fate === '500') return answer(500, '');
      if (fate === '429') return { ...answer(429, ''), headers: { 'retry-after': '1' } };
      if (fate === 'lost-before') return LOST;
      if (fate === 'lost-late') {
        if (method !== 'GET')
          late.push({ at: now().getTime() + (1 + (drawn % 11)) * 60_000, does });
        return LOST;
      }
      const before = found();
      does();
      if (fate === 'lost-after') return LOST;
      if (method === 'POST') return answer(200, JSON.stringify({ id: found()?.[1].id ?? '' }));
      if (method === 'DELETE') return before ? answer(204, '') : answer(404, '{}');
      if (part === 'accounts') return answer(200, pageOf(members, Number(who), fateOf()));
      if (part === 'list')
        return answer(200, JSON.stringify([...members].flatMap(([email, { id }]) => [email, id])));
      return before ? answer(200, '{"ok":true}') : answer(404, '{}');
    },
  };
}

const PAGE = 2;
const NOBODYS = [{ email: 'robot@elsewhere.example', id: 'robot' }];

/** Where it fails, the list begins anew, ends early or is cut in the middle of a page. */
function pageOf(members: ReadonlyMap<string, AppAccount>, page: number, fate: string): string {
  const all = [...NOBODYS, ...[...members].map(([email, { id }]) => ({ email, id }))];
  const accounts = all.slice(page * PAGE, (page + 1) * PAGE);
  const isLast = all.length <= (page + 1) * PAGE;
  const next = `https://apps.example/GitHub/accounts/${fate === '500' ? 0 : page + 1}`;
  const text = JSON.stringify({ accounts, ...(!(isLast || fate === '429') && { next }) });
  return fate.startsWith('lost') ? text.slice(0, -3) : text;
}

const LOST = { kind: 'failed', code: 'connection-lost', message: 'lost', maySent: true } as const;

const answer = (status: number, text: string): Extract<HttpAnswer, { kind: 'answer' }> => ({
  kind: 'answer',
  status,
  headers: {},
  text,
});
