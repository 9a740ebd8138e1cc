/**
 * The way out through a proxy for what calls by the libraries of others. Slack's SDK, over HTTP and over its socket, and our own doctor use Node's
 * `fetch` and undici; Teams' SDK, which gets its tokens and Microsoft's keys so, and the exporter of traces use Node's agent for `https://`.
 */
import https from 'node:https';
import { type Proxy, ThroughProxy } from './proxy.ts';

/**
 * For the whole process. Plain `http://` stays as it is: that is this machine.
 * @param proxy with the text of `NO_PROXY`, which undici reads itself
 */
export async function sendThroughProxy(proxy: Proxy & { readonly noProxy: string }): Promise<void> {
  // A tenth of a second of a start, for those who have a proxy.
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import('undici');
  const { url, noProxy } = proxy;
  setGlobalDispatcher(new EnvHttpProxyAgent({ httpsProxy: url.href, httpProxy: '', noProxy }));
  https.globalAgent = new ThroughProxy(proxy);
}
