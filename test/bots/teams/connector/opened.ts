/** The drivers of the Bot Connector, as tests open them. */
import type { Connector, ConnectorDriver } from '../../../../src/bots/teams/connector/connector.ts';
import { openConnector } from '../../../../src/bots/teams/connector/open-connector.ts';
import { localHttp } from '../../../support/given/worker.ts';

export const DRIVERS = ['botbuilder', 'direct'] as const satisfies readonly ConnectorDriver[];

/** For a double of the Bot Connector that takes no tokens. */
export const localConnector = (driver: ConnectorDriver = 'botbuilder'): Promise<Connector> =>
  openConnector({ app: undefined, driver }, { http: localHttp(), now: () => Date.now() });
