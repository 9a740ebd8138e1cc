/**
 * Fernboard, a sample team tool: JSON throughout, a bearer token, lists in pages under `data`, and so many teams
 * that a form needs a type-ahead.
 */
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import {
  type Credentials,
  noCredentials,
  startApp,
  type ThirdParty,
  watchCredentials,
} from './start-app.ts';

export interface Team {
  readonly id: string;
  readonly name: string;
  /** Ids of members. */
  readonly members: Set<string>;
}

export interface Member {
  readonly id: string;
  readonly email: string;
  readonly role: string;
}

export interface TeamToolState {
  readonly teams: readonly Team[];
  /** By address in lower case. */
  readonly members: Map<string, Member>;
  readonly credentials: Credentials;
}

export const FERNBOARD_TOKEN = 'fern-demo-7Qm2xVt9Lw4s';

/** The most that one page of `GET /api/teams` holds. */
const PAGE_SIZE = 50;

// biome-ignore format: a list to read, not to scroll
const PLACES = [
  'Harbour', 'Meadow', 'Quarry', 'Orchard', 'Lighthouse', 'Windmill', 'Fjord', 'Lagoon', 'Summit', 'Prairie',
  'Canyon', 'Glacier', 'Island', 'Marsh', 'Forest', 'Delta', 'Dune', 'Ridge', 'Valley', 'Cove',
];
// biome-ignore format: a list to read, not to scroll
const TRADES = [
  'Design', 'Engineering', 'Finance', 'Legal', 'Marketing', 'Operations', 'People', 'Product', 'Research',
  'Sales', 'Security', 'Support',
];

/** Starts Fernboard with 240 teams and no members. */
export function startTeamTool({
  port = 0,
  token = FERNBOARD_TOKEN,
  credentials = noCredentials(),
}: {
  readonly port?: number;
  readonly token?: string;
  readonly credentials?: Credentials;
} = {}): Promise<ThirdParty<TeamToolState>> {
  const state: TeamToolState = { teams: makeTeams(), members: new Map(), credentials };
  const app = express().disable('x-powered-by');
  app.use(watchCredentials('Authorization', credentials), requireToken(token), express.json());
  listTeams(app, state);
  manageMembers(app, state);
  app.use((_, response) => refuse(response, 404, 'There is nothing here.'));
  return startApp(app, state, port);
}

function makeTeams(): readonly Team[] {
  const names = TRADES.flatMap((trade) => PLACES.map((place) => `${place} ${trade}`)).toSorted();
  return names.map((name, index) => ({ id: `team-${index + 1}`, name, members: new Set() }));
}

function requireToken(token: string): RequestHandler {
  return (request, response, next) => {
    if (request.headers.authorization === `Bearer ${token}`) next();
    else refuse(response, 401, 'The token is missing or wrong.');
  };
}

function listTeams(app: Express, { teams }: TeamToolState): void {
  app.get('/api/teams', (request, response) => {
    const offset = Number(request.query['offset'] ?? 0);
    const after = offset + PAGE_SIZE;
    response.json({
      data: teams.slice(offset, after).map(({ id, name }) => ({ id, name })),
      next: after < teams.length ? `${baseOf(request)}/api/teams?offset=${after}` : null,
    });
  });
  // Everything at once, for pickers.
  app.get('/api/team-picker', (_, response) => {
    response.json({ data: { teams: teams.map(({ id, name }) => ({ gid: id, label: name })) } });
  });
}

function manageMembers(app: Express, { teams, members }: TeamToolState): void {
  let nextId = 1001;

  app.post('/api/members', (request, response) => {
    const { email, role } = dataOf(request.body);
    if (!email) return refuse(response, 400, 'data.email is missing.');
    const known = members.get(email.toLowerCase());
    const member: Member = known ?? {
      id: `member-${nextId++}`,
      email,
      role: role ?? 'member',
    };
    members.set(email.toLowerCase(), member);
    response.status(known ? 200 : 201).json({ data: member });
  });

  app.post('/api/teams/:id/members', (request, response) => {
    const team = teams.find(({ id }) => id === request.params.id);
    if (!team) return refuse(response, 404, 'There is no such team.');
    const member = members.get(dataOf(request.body).email?.toLowerCase() ?? '');
    if (!member) return refuse(response, 404, 'There is no such member.');
    team.members.add(member.id);
    response.status(201).json({ data: { team: team.id, member: member.id } });
  });

  app.get('/api/members', (request, response) => {
    const offset = Number(request.query['offset'] ?? 0);
    const after = offset + PAGE_SIZE;
    const all = [...members.values()];
    response.json({
      data: all.slice(offset, after),
      next: after < all.length ? `${baseOf(request)}/api/members?offset=${after}` : null,
    });
  });

  app.get('/api/members/:email', (request, response) => {
    const member = members.get(request.params.email.toLowerCase());
    if (!member) return refuse(response, 404, 'There is no such member.');
    const inTeams = teams.filter((team) => team.members.has(member.id)).map(({ name }) => name);
    response.json({ data: { ...member, teams: inTeams } });
  });

  app.delete('/api/members/:email', (request, response) => {
    const email = request.params.email.toLowerCase();
    const member = members.get(email);
    if (!member) return refuse(response, 404, 'There is no such member.');
    members.delete(email);
    for (const team of teams) team.members.delete(member.id);
    response.status(204).end();
  });
}

function dataOf(body: unknown): { readonly email?: string; readonly role?: string } {
  const data = (body as { data?: { email?: unknown; role?: unknown } } | undefined)?.data;
  return {
    ...(typeof data?.email === 'string' && { email: data.email }),
    ...(typeof data?.role === 'string' && { role: data.role }),
  };
}

const baseOf = (request: Request): string => `http://${request.headers.host}`;

function refuse(response: Response, status: number, message: string): void {
  response.status(status).json({ errors: [{ message }] });
}
