/**
 * Lodestone, a sample staff directory: Basic auth, people by address, 404 for people it doesn't know, PUT to
 * create, entries in XML, refusals in plain text, and numbers longer than a double can hold. Its staff list comes in pages.
 */
import express, { type Express, type RequestHandler, type Response } from 'express';
import { staffList } from './staff.ts';
import {
  type Credentials,
  noCredentials,
  startApp,
  type ThirdParty,
  watchCredentials,
} from './start-app.ts';

export interface Entry {
  readonly number: bigint;
  readonly email: string;
  readonly name: string;
  readonly homeGroup: string;
  /** Ids of groups. */
  readonly groups: readonly string[];
}

export interface StaffDirectoryState {
  /** By address in lower case. */
  readonly entries: Map<string, Entry>;
  readonly credentials: Credentials;
}

export const LODESTONE_USER = 'latchkey';
export const LODESTONE_PASSWORD = 'lode:demo-P4kz8Rn3Yd';

const GROUPS = [
  { id: 'all-staff', name: 'All staff' },
  { id: 'builders', name: 'Builders' },
  { id: 'front-desk', name: 'Front desk' },
  { id: 'leads', name: 'Leads' },
  { id: 'night-shift', name: 'Night shift' },
  { id: 'wifi', name: 'Wi-Fi & doors' },
] as const;

/** Beyond what a double holds, so that a client that reads numbers as doubles is found out. */
const FIRST_NUMBER = 9_007_199_254_740_993n;

/** Starts Lodestone with six groups and nobody in it. */
export function startStaffDirectory({
  port = 0,
  user = LODESTONE_USER,
  password = LODESTONE_PASSWORD,
  credentials = noCredentials(),
}: {
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly credentials?: Credentials;
} = {}): Promise<ThirdParty<StaffDirectoryState>> {
  const state: StaffDirectoryState = { entries: new Map(), credentials };
  const app = express().disable('x-powered-by');
  app.use(
    watchCredentials('Authorization', credentials),
    requirePassword(user, password),
    express.json(),
  );
  app.get('/groups', (_, response) => void response.json(GROUPS));
  listStaff(app);
  keepEntries(app, state);
  app.use((_, response) => refuse(response, 404, 'Nothing here'));
  return startApp(app, state, port);
}

function requirePassword(user: string, password: string): RequestHandler {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return (request, response, next) => {
    if (request.headers.authorization === wanted) return next();
    response.setHeader('WWW-Authenticate', 'Basic realm="Lodestone"');
    refuse(response, 401, 'Who are you?');
  };
}

function keepEntries(app: Express, { entries }: StaffDirectoryState): void {
  let nextNumber = FIRST_NUMBER;

  app.put('/users/:email', (request, response) => {
    const { email } = request.params;
    const wish = readWish(request.body);
    const unknown = [wish.homeGroup, ...wish.groups].find((id) => !isGroup(id));
    if (unknown !== undefined) return refuse(response, 422, `No such group: ${unknown}`);
    const known = entries.get(email.toLowerCase());
    const entry: Entry = { number: known?.number ?? nextNumber++, email, ...wish };
    entries.set(email.toLowerCase(), entry);
    sendXml(response, known ? 200 : 201, entry);
  });

  app.get('/users/:email', (request, response) => {
    const entry = entries.get(request.params.email.toLowerCase());
    if (entry) sendXml(response, 200, entry);
    else refuse(response, 404, 'No such user');
  });

  app.get('/users/:email/number', (request, response) => {
    const entry = entries.get(request.params.email.toLowerCase());
    if (entry) response.type('json').send(`{"user":{"number":${entry.number}}}`);
    else refuse(response, 404, 'No such user');
  });

  app.delete('/users/:email', (request, response) => {
    const wasThere = entries.delete(request.params.email.toLowerCase());
    if (wasThere) response.status(204).end();
    else refuse(response, 404, 'No such user');
  });
}

/** Of a page of the staff list. */
const STAFF_PAGE = 10;

function listStaff(app: Express): void {
  app.get('/staff', (request, response) => {
    const from = Math.max(0, Number(request.query['from']) || 0);
    const until = from + STAFF_PAGE;
    response.json({
      staff: staffList.slice(from, until),
      next: until < staffList.length ? `/staff?from=${until}` : null,
    });
  });
}

const isGroup = (id: string): boolean => GROUPS.some((group) => group.id === id);

function readWish(body: unknown): Pick<Entry, 'name' | 'homeGroup' | 'groups'> {
  const fields = (body ?? {}) as Readonly<Record<string, unknown>>;
  const groups: readonly unknown[] = Array.isArray(fields['groups']) ? fields['groups'] : [];
  return {
    name: textOf(fields['name']),
    homeGroup: textOf(fields['home_group']),
    groups: groups.map(textOf),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function sendXml(response: Response, status: number, entry: Entry): void {
  const groups = entry.groups.map((id) => `<group>${escapeXml(id)}</group>`).join('');
  response
    .status(status)
    .type('application/xml')
    .send(
      `<user number="${entry.number}"><email>${escapeXml(entry.email)}</email>` +
        `<name>${escapeXml(entry.name)}</name><home>${escapeXml(entry.homeGroup)}</home>${groups}</user>`,
    );
}

const XML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => XML_ENTITIES[char] ?? char);

function refuse(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').send(text);
}
