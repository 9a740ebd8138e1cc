/** Ports of the demo, which otherwise looks for the usual ones: two that start at once would want the same. */
import { freePort } from '../../demo/free-port.ts';

const COUNT = 6;

/** For `DEMO_PORTS`. */
export async function demoPorts(): Promise<string> {
  const ports = [];
  while (ports.length < COUNT) ports.push(await freePort(0));
  return ports.join(',');
}
