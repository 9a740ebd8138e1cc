/** What a process holds in memory, in kilobytes: now, and at most so far. 0 where the system doesn't say. */
import { readFile } from 'node:fs/promises';

export async function memoryOf(
  pid: number,
): Promise<{ readonly now: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = (name: string): number =>
    Number(new RegExp(String.raw`^${name}:\s+(\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { now: kilobytes('VmRSS'), peak: kilobytes('VmHWM') };
}

export const megabytes = (kilobytes: number): string => `${Math.round(kilobytes / 1024)} MB`;
