/** What the sample third parties have in common: a port, an end, and answers to broken requests. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import { keepPort } from '../free-port.ts';

/** A sample third party that runs. `state` is what it holds, in memory, for demos and tests to look at. */
export interface ThirdParty<State> {
  /** Without a slash at the end. */
  readonly url: string;
  readonly state: State;
  close(): Promise<void>;
}

/** How callers proved who they are. */
export interface Credentials {
  /** Every value of the header, as it arrived, right or wrong. */
  readonly received: Set<string>;
  /** Refuses everything and says the header again in the refusal, as careless services do. */
  repeatsThem: boolean;
}

export const noCredentials = (): Credentials => ({ received: new Set(), repeatsThem: false });

/** Goes before everything else. @param header the one that this service wants credentials in */
export function watchCredentials(header: string, credentials: Credentials): RequestHandler {
  return (request, response, next) => {
    const value = request.get(header);
    if (value !== undefined) credentials.received.add(value);
    if (!credentials.repeatsThem) return next();
    response.status(400).type('text/plain').send(`Not understood: ${header}: ${value}`);
  };
}

/**
 * Listens on 127.0.0.1.
 * @param port 0 for any that is free
 * @throws the system's error where the port is taken
 */
export async function startApp<State>(
  app: Express,
  state: State,
  port: number,
): Promise<ThirdParty<State>> {
  app.use(answerBrokenRequest);
  const server = createServer(app);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo; // A string only for sockets in the file system.
  return {
    url: `http://127.0.0.1:${address.port}`,
    state,
    async close() {
      if (!server.listening) return;
      await keepPort(server); // It may listen there again.
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const answerBrokenRequest: ErrorRequestHandler = (
  error: { status?: number },
  _,
  response,
  next,
) => {
  if (response.headersSent) next(error);
  else response.status(error.status ?? 500).json({ error: 'This request could not be read.' });
};
