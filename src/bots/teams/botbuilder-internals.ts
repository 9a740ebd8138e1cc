/**
 * Everything here uses private parts of Teams' SDK (`botbuilder`). `test/bots/teams/botbuilder-internals.test.ts` fails
 * when they change.
 */
import { Agent } from 'node:http';
import https from 'node:https';
import { CloudAdapter, type ConfigurationBotFrameworkAuthentication } from 'botbuilder';

/**
 * We use the SDK only to get the bot's tokens and to call the connector. We don't use its turns: each made three clients
 * of the connector, which cost a quarter of an interaction's time, and Latchkey answers by address. `token.ts` verifies
 * who sends activities.
 */
export class TeamsAdapter extends CloudAdapter {
  /** By service address. Teams has one for each region. */
  readonly #connectors = new Map<string, Promise<Connector>>();

  /** @param appId empty for the local client */
  connector(appId: string, serviceUrl: string): Promise<Connector> {
    const known = this.#connectors.get(serviceUrl);
    if (known) return known;
    if (this.#connectors.size >= MAX_CONNECTORS) this.#connectors.clear();
    const made = this.#makeConnector(appId, serviceUrl);
    this.#connectors.set(serviceUrl, made);
    made.catch(() => this.#connectors.delete(serviceUrl)); // The next caller tries again. The callers that wait get the error.
    return made;
  }

  async #makeConnector(appId: string, serviceUrl: string): Promise<Connector> {
    const identity = this.createClaimsIdentity(appId);
    const factory = this.botFrameworkAuthentication.createConnectorFactory(identity);
    const connector = await factory.create(serviceUrl);
    const pipeline = pipelineOf(connector);
    // The SDK would retry a POST for minutes, and people might get a message twice. The caller decides about retries.
    pipeline.removePolicy({ name: 'defaultRetryPolicy' });
    // The SDK reads the proxy from the environment, which lacks a `.env` file's proxy, and it reads NO_PROXY differently from us.
    pipeline.removePolicy({ name: 'proxyPolicy' });
    pipeline.addPolicy(byNodesOwnAgent);
    return connector;
  }
}

/** There are far fewer regions. Each address costs one client in memory. */
const MAX_CONNECTORS = 100;

/** The SDK's client of the Bot Connector. */
export type Connector = Awaited<
  ReturnType<
    ReturnType<ConfigurationBotFrameworkAuthentication['createConnectorFactory']>['create']
  >
>;

/** The pipeline for every request of the connector's client. The client's types don't show it. */
interface Pipeline {
  removePolicy(policy: { readonly name: string }): unknown;
  addPolicy(policy: typeof byNodesOwnAgent): void;
  getOrderedPolicies(): readonly { readonly name: string }[];
}

export const pipelineOf = (connector: Connector): Pipeline =>
  (connector as unknown as { readonly client: { readonly pipeline: Pipeline } }).client.pipeline;

/**
 * Of the local client alone: it closes an idle connection after five seconds, just when Node's own agent might send a
 * message on it, and the SDK doesn't send that again.
 */
const localAgent = new Agent({ keepAlive: false });

/** This process's Node agent uses the proxy, when there is one. */
const byNodesOwnAgent = {
  name: 'byNodesOwnAgent',
  sendRequest<Request extends { url: string; agent?: unknown }, Response>(
    request: Request,
    next: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    request.agent = request.url.startsWith('https:') ? https.globalAgent : localAgent;
    return next(request);
  },
};
