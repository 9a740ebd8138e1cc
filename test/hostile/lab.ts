/**
 * Latchkey as operators run it, with its worker, both adapters and every page; and around it a Slack and a Teams that take whatever
 * they are sent. What fails inside is in its log.
 */
import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Foundation } from '../../src/app/foundation.ts';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { addPerson } from '../../src/engine/people/people.ts';
import { startMainProcess } from '../support/company/main-process.ts';
import { LOCAL_TEAMS } from '../support/local-teams.ts';
import { SECRET } from './corpus.ts';

const ADMIN = 'ada@example.com';
const SIGNING_SECRET = 'hostile-signing-secret';

export interface Answer {
  /** 0 where the connection was closed without one. */
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Lab {
  readonly url: string;
  /** What Teams sends its answers to. */
  readonly serviceUrl: string;
  /** A second way to the same database. */
  readonly foundation: Foundation;
  /** Everything that the processes have written, at level trace. */
  log(): string;
  /** What Slack and Teams got contains this, now or soon. */
  told(text: string): Promise<void>;
  send(path: string, options?: Sending): Promise<Answer>;
  /** Signed as Slack does. */
  fromSlack(body: string, contentType?: string): Promise<Answer>;
  close(): Promise<void>;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Needs the build. */
export async function openLab(): Promise<Lab> {
  const platform = await startPlatforms();
  const main = await startMainProcess(() => ({
    ADMIN_EMAILS: ADMIN,
    SLACK_BOT_TOKEN: 'xoxb-hostile-bot-token',
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_API_URL: `${platform.url}/api/`,
    ...LOCAL_TEAMS,
    TRUST_PROXY: '127.0.0.1', // So that what is sent may come from many clients: a single one would have to wait.
    ALLOW_PRIVATE_HOSTS: '127.0.0.1', // Third parties that the bench plays.
  }));
  const { transact } = main.foundation;
  const adding = { actor: { kind: 'system' } } as const;
  await transact((tx) => addPerson(tx, { email: 'ann@example.com', firstName: 'Ann' }, adding));
  await transact((tx) =>
    addIntegration(tx, { name: 'Asana', manifest: ASANA, secrets: { TOKEN: SECRET } }, adding),
  );
  const port = Number(new URL(main.url).port);
  const send: Lab['send'] = (path, options = {}) => sendTo(port, path, options);
  return {
    url: main.url,
    serviceUrl: `${platform.url}/teams/`,
    foundation: main.foundation,
    log: () => main.log(),
    told: platform.told,
    send,
    fromSlack(body, contentType = 'application/x-www-form-urlencoded') {
      const at = String(Math.floor(Date.now() / 1000));
      const hmac = createHmac('sha256', SIGNING_SECRET).update(`v0:${at}:${body}`).digest('hex');
      const headers = {
        'content-type': contentType,
        'x-slack-request-timestamp': at,
        'x-slack-signature': `v0=${hmac}`,
      };
      return send('/slack/events', { method: 'POST', body, headers });
    },
    async close() {
      await main.stop();
      platform.close();
    },
  };
}

const ASANA = JSON.stringify({
  initial_data_form: [{ id: 'TOKEN', name: 'Token', description: 'The key' }],
  form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
  headers: { Authorization: 'Bearer {{TOKEN}}' },
  execute: [{ url: 'https://api.example.com/{{TEAM}}' }],
});

/** Lines of the log that say that something failed, but for what a platform refused: that is an answer, too. */
export function failuresIn(log: string): readonly string[] {
  return (
    log
      .split('\n')
      .filter((line) => !line.startsWith('{') || /"level":[56]0/.test(line))
      .filter((line) => line.trim() !== '' && !line.includes('"PlatformError"'))
      // Bolt's words for a signed request that it doesn't know, or that is no request of Slack's at all.
      .filter(
        (line) => !/was not acknowledged within 3 seconds|while Bolt processed an event/.test(line),
      )
  );
}

/** Without a client's own checks of what may be sent. */
function sendTo(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Sending,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const framed = { ...headers, 'content-length': String(Buffer.byteLength(body ?? '')) };
    const at = { host: '127.0.0.1', port, path, method, headers: framed, agent: false } as const;
    const sent = httpRequest(at, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(pieces).toString(),
          headers: response.headers,
        }),
      );
      response.on('error', reject);
    });
    sent.on('error', (error) => resolve({ status: 0, text: String(error), headers: {} }));
    sent.end(body);
  });
}

/** Characters of what was said last. */
const MAX_KEPT = 1_000_000;

/** Slack's Web API and Teams' connector in one, and both always say yes. */
async function startPlatforms(): Promise<{
  readonly url: string;
  readonly told: Lab['told'];
  close(): void;
}> {
  let said = '';
  const listening = new EventEmitter();
  const server = createServer((request, response) => {
    request.on('data', (piece: Buffer) => {
      // Slack's Web API takes forms, whose spaces are written otherwise.
      said = (said + piece.toString().replaceAll(/\+|%20/g, ' ')).slice(-MAX_KEPT);
    });
    request.on('end', () => {
      listening.emit('said');
      const path = request.url ?? '';
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(path.startsWith('/teams/') ? TEAMS_SAYS : SLACK_SAYS));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async told(text) {
      while (!said.includes(text)) await once(listening, 'said');
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const SLACK_SAYS = {
  ok: true,
  team_id: 'T0',
  user_id: 'U0BOT',
  bot_id: 'B0',
  channel: { id: 'D0' },
  ts: '1.1',
  view: { id: 'V0', hash: 'h' },
  user: {
    id: 'U0',
    team_id: 'T0',
    name: 'ada',
    is_email_confirmed: true,
    profile: { email: ADMIN, real_name: 'Ada' },
  },
};
const TEAMS_SAYS = {
  id: 'a:1',
  name: 'Ada',
  aadObjectId: '11111111-1111-4111-8111-111111111111',
  email: ADMIN,
  userPrincipalName: ADMIN,
  tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47',
};
