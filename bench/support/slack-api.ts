/** Enough of Slack for a Latchkey to start: whatever is asked, the answer says whose token it is. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Environment } from '../../src/config/variables.ts';

export interface SlackApi {
  /** What a Latchkey needs to start with it. */
  readonly environment: Environment;
  close(): Promise<void>;
}

export async function startSlackApi(): Promise<SlackApi> {
  const server = createServer((request, response) => {
    request.resume();
    response
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify({ ok: true, team_id: 'T0', user_id: 'U0BOT', bot_id: 'B0' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  return {
    environment: {
      SLACK_BOT_TOKEN: 'xoxb-bench',
      SLACK_SIGNING_SECRET: 'bench-signing-secret',
      SLACK_API_URL: `http://127.0.0.1:${port}/api/`,
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
