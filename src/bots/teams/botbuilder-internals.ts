/**
 * All that Latchkey knows of the private parts of Teams' SDK (`botbuilder`). `test/bots/teams/botbuilder-internals.test.ts`
 * fails when they change.
 */
import https from 'node:https';
import { CloudAdapter, type ConfigurationBotFrameworkAuthentication } from 'botbuilder';

/**
 * Of the SDK what gets the bot's own tokens and speaks to the connector. Its turns are left out: each made three clients of
 * the connector, for a quarter of what an interaction costs, and Latchkey answers by address and not by turn. Who sends
 * activities is not for it to judge either (`token.ts`).
 */
export class TeamsAdapter extends CloudAdapter {
  /** By service address; Teams has one for each region. */
  readonly #connectors = new Map<string, Promise<Connector>>();

  /** @param appId empty for the local client */
  connector(appId: string, serviceUrl: string): Promise<Connector> {
    const known = this.#connectors.get(serviceUrl);
    if (known) return known;
    if (this.#connectors.size >= MAX_CONNECTORS) this.#connectors.clear();
    const made = this.#makeConnector(appId, serviceUrl);
    this.#connectors.set(serviceUrl, made);
    made.catch(() => this.#connectors.delete(serviceUrl)); // The next one tries again; who waits hears of it.
    return made;
  }

  async #makeConnector(appId: string, serviceUrl: string): Promise<Connector> {
    const identity = this.createClaimsIdentity(appId);
    const factory = this.botFrameworkAuthentication.createConnectorFactory(identity);
    const connector = await factory.create(serviceUrl);
    const pipeline = pipelineOf(connector);
    // The SDK would repeat a POST without being asked, for minutes, and perhaps say things twice: whoever sends decides.
    pipeline.removePolicy({ name: 'defaultRetryPolicy' });
    // It would read the environment, where a `.env` file's proxy is not, and NO_PROXY in another way than everything else.
    pipeline.removePolicy({ name: 'proxyPolicy' });
    pipeline.addPolicy(byNodesOwnAgent);
    return connector;
  }
}

/** Far more than there are regions; what an address costs is a client in memory. */
const MAX_CONNECTORS = 100;

/** The SDK's client of the Bot Connector. */
export type Connector = Awaited<
  ReturnType<
    ReturnType<ConfigurationBotFrameworkAuthentication['createConnectorFactory']>['create']
  >
>;

/** What every request of the connector's client passes; its own types don't show it. */
interface Pipeline {
  removePolicy(policy: { readonly name: string }): unknown;
  addPolicy(policy: typeof byNodesOwnAgent): void;
  getOrderedPolicies(): readonly { readonly name: string }[];
}

export const pipelineOf = (connector: Connector): Pipeline =>
  (connector as unknown as { readonly client: { readonly pipeline: Pipeline } }).client.pipeline;

/** Node's agent of this process knows the proxy, where there is one. */
const byNodesOwnAgent = {
  name: 'byNodesOwnAgent',
  sendRequest<Request extends { url: string; agent?: unknown }, Response>(
    request: Request,
    next: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    if (request.url.startsWith('https:')) request.agent = https.globalAgent;
    return next(request);
  },
};
