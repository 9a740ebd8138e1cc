/** The drivers of the Bot Connector, as tests open them. */

import type { Connector, ConnectorDriver } from '../../../../src/bots/teams/connector/connector.ts';
import { openConnector } from '../../../../src/bots/teams/connector/open-connector.ts';
import { parseAllowList } from '../../../../src/http/address-guard.ts';
import { createHttp } from '../../../../src/http/got-http.ts';

export const DRIVERS = ['botbuilder', 'direct'] as const satisfies readonly ConnectorDriver[];

/** Calls this machine, too: the doubles are there. */
export function httpHere() {
  const read = parseAllowList('127.0.0.1');
  if (!read.ok) throw new TypeError(read.error);
  return createHttp({ allowPrivateHosts: read.list, userAgent: 'Latchkey' });
}

/** For a double of the Bot Connector that takes no tokens. */
export const localConnector = (driver: ConnectorDriver = 'botbuilder'): Promise<Connector> =>
  openConnector({ app: undefined, driver }, { http: httpHere(), now: () => Date.now() });
