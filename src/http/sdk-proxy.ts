/** The way out through a proxy for what calls by Node's `fetch`, or by undici: Slack's SDK, over HTTP and over its socket. */
import { EnvHttpProxyAgent, setGlobalDispatcher } from 'undici';

/**
 * For the whole process. Plain `http://` stays as it is: that is this machine. The SDK of Teams reads `HTTPS_PROXY` and `NO_PROXY` itself.
 * @param noProxy as the variable `NO_PROXY` has it
 */
export function sendThroughProxy({
  url,
  noProxy,
}: {
  readonly url: URL;
  readonly noProxy: string;
}): void {
  setGlobalDispatcher(new EnvHttpProxyAgent({ httpsProxy: url.href, httpProxy: '', noProxy }));
}
