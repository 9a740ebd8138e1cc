/**
 * Sends other libraries' requests through the proxy. Slack's socket and our doctor use undici, which is Node's `fetch`, too. Slack's
 * SDK (`call-by-name.ts`), Teams' SDK (for its tokens) and the trace exporter use Node's agent for `https://`.
 */
import https from 'node:https';
import { type Proxy, ThroughProxy } from './proxy.ts';

/**
 * Applies to the whole process. Plain `http://` doesn't use the proxy, since that is this machine.
 * @param proxy with the text of `NO_PROXY`, which undici parses itself
 */
export async function sendThroughProxy(proxy: Proxy & { readonly noProxy: string }): Promise<void> {
  // It takes a tenth of a second, so we load it only with a proxy.
  const { EnvHttpProxyAgent, setGlobalDispatcher } = (await import('undici')).default;
  const { url, noProxy } = proxy;
  setGlobalDispatcher(new EnvHttpProxyAgent({ httpsProxy: url.href, httpProxy: '', noProxy }));
  https.globalAgent = new ThroughProxy(proxy);
}
