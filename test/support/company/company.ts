import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Company, startCompany } from '../../../demo/company.ts';
import { freePort } from '../../../demo/free-port.ts';
import type { SlowMailOptions } from '../../../demo/third-parties/slow-mail.ts';
import type { Environment } from '../../../src/config/variables.ts';
import { putMigrated } from './migrated-file.ts';

export interface TestCompany extends Company {
  readonly port: number;
}

/** Pigeon Post answers at once and never fails. */
const quickMail: SlowMailOptions = {
  delay: () => Promise.resolve(),
  failsWrite: () => false,
  looksUntilReady: 1,
};

/** The demo's company with real processes, on a database of its own. Needs the build, as Bree's jobs are JavaScript. */
export async function testCompany(
  environment: Environment,
  slowMail: SlowMailOptions = quickMail,
): Promise<TestCompany> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-company-'));
  const port = await freePort(0);
  putMigrated(join(folder, 'latchkey.sqlite'));
  const company = await startCompany({
    folder,
    port,
    slowMail,
    environment: { LOG_LEVEL: 'silent', ...environment },
    jobsFolder: new URL('../../../dist/src/jobs/', import.meta.url),
  });
  await company.app.workerReady();
  return {
    ...company,
    port,
    async stop() {
      await company.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
