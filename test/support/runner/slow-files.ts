/** A reporter of Vitest: names the files that took longest, so that a suite that gets slower shows where. */
import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 15;

// oxlint-disable-next-line import/no-default-export -- vitest takes a reporter from the default export.
export default class SlowFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= SHOWN) return; // Each has its time on its own line.
    const all = modules
      .map((module) => ({ name: module.relativeModuleId, ms: module.diagnostic().duration }))
      .toSorted((a, b) => b.ms - a.ms);
    const total = all.reduce((sum, { ms }) => sum + ms, 0);
    const lines = all.slice(0, SHOWN).map(({ name, ms }) => `${seconds(ms)}  ${name}`);
    process.stdout.write(
      `\nSlowest of ${all.length} files, which took ${seconds(total).trim()} in all:\n${lines.join('\n')}\n`,
    );
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;
