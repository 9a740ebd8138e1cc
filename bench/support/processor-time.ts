/** The processor time that processes have taken, as Linux counts it. On a busy machine it says more than the clock. */
import { readdir, readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second. */
const TICKS_A_SECOND = 100;

/** In seconds; NaN where the system doesn't say. */
export async function processorSeconds(pid: number): Promise<number> {
  const { ticks = Number.NaN } = (await statOf(pid)) ?? {};
  return ticks / TICKS_A_SECOND;
}

/** Of a process that a server has forked for one of its connections: its siblings' together. NaN where the system doesn't say. */
export async function siblingsSeconds(pid: number): Promise<number> {
  const parent = (await statOf(pid))?.parent;
  if (parent === undefined) return Number.NaN;
  const all = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((name) => statOf(Number(name))),
  );
  const ticks = all.flatMap((each) => (each?.parent === parent ? [each.ticks] : []));
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_A_SECOND;
}

async function statOf(
  pid: number,
): Promise<{ readonly parent: number; readonly ticks: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name before it may have blanks: state, parent, …, user and system time.
  const fields = stat?.slice(stat.lastIndexOf(')')).split(' ').map(Number);
  const [parent, user, system] = [fields?.[2], fields?.[12], fields?.[13]];
  return parent === undefined || user === undefined || system === undefined
    ? undefined
    : { parent, ticks: user + system };
}
