/**
 * Slack's Web API and Teams' Bot Connector in a process of their own, as far as Latchkey needs them to answer many people
 * at once. They remember which interactions were answered, and which people were sent a message; `GET /seen` tells.
 * Started by `fork`; says its address when it listens.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a run's message begins with; the rest is whom it is for. */
const WELCOME = /"Welcome (\S+?)\."/g;

/** When each was answered first, in epoch milliseconds. */
const answered = new Map<string, number>();
const welcomed = new Map<string, number>();
let calls = 0;

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
  request.on('end', () => {
    const { pathname } = new URL(request.url ?? '/', 'http://apis');
    if (pathname === '/seen') {
      const seen = {
        answered: Object.fromEntries(answered),
        welcomed: Object.fromEntries(welcomed),
        calls,
      };
      json(response, 200, seen);
      return;
    }
    calls += 1;
    for (const [, email = ''] of decoded(body).matchAll(WELCOME))
      welcomed.set(email, (welcomed.get(email) ?? 0) + 1);
    const answer = pathname.split('/answers/')[1];
    if (answer !== undefined) answeredNow(answer);
    if (pathname.startsWith('/api/')) slack(pathname.slice('/api/'.length), body, response);
    else if (pathname.startsWith('/teams/')) connector(pathname, request, response);
    else json(response, 200, {});
  });
});

const answeredNow = (id: string): void => void (answered.has(id) || answered.set(id, Date.now()));

/** Slack's methods come as forms. */
function decoded(body: string): string {
  return body.startsWith('{') ? body : decodeURIComponent(body.replaceAll('+', ' '));
}

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

let stamps = 0;

function slack(method: string, body: string, response: ServerResponse): void {
  const asked = new URLSearchParams(body);
  const email = asked.get('email');
  const id = asked.get('user') ?? (email === null ? 'UBOT' : `U${email.split('@')[0]}`);
  stamps += 1;
  json(response, 200, {
    ok: true,
    team_id: 'T0',
    user_id: 'UBOT',
    bot_id: 'B0',
    channel:
      method === 'conversations.open' ? { id: `D${asked.get('users')}` } : asked.get('channel'),
    ts: `1700000000.${String(stamps).padStart(6, '0')}`,
    user: {
      id,
      team_id: 'T0',
      name: id,
      is_email_confirmed: true,
      profile: { email: `${id.slice(1)}@lab.example`, real_name: id },
    },
    view: { id: `V${stamps}`, hash: String(stamps) },
  });
}

/** `/teams/v3/conversations[/ID[/activities[/ID]|/members/ID]]` */
function connector(path: string, { method }: IncomingMessage, response: ServerResponse): void {
  const [, , , , conversation = '', kind, rest = ''] = path.split('/').map(decodeURIComponent);
  stamps += 1;
  if (kind === 'members') {
    const email = `${rest.slice(1)}@lab.example`;
    json(response, 200, {
      id: rest,
      aadObjectId: rest,
      name: rest,
      email,
      userPrincipalName: email,
      tenantId: 'tenant',
      userRole: 'user',
    });
    return;
  }
  if (kind === 'activities' && conversation.startsWith('group-'))
    answeredNow(conversation.slice('group-'.length));
  json(response, method === 'PUT' ? 200 : 201, { id: `m${stamps}` });
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.on('disconnect', () => process.exit(0));
