/** Vitest's global setup: unpacks the browser of the npm package once, and starts it where browser tests are among those that run. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import packaged from '@sparticuz/chromium';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /**
     * Where the browser listens that all test files share; or why there is none: then the tests that need it fail, and
     * no others.
     */
    readonly chromium: { readonly endpoint: string } | { readonly problem: string };
  }
}

/** What the package calls the browser. */
const FILE = 'chromium';

/**
 * Flags of the package that are for a cloud function: in one process the browser ends with the first page that is closed, and
 * drawing by an emulated graphics card costs more than drawing without one.
 */
const LEFT_OUT =
  /^--(single-process|no-zygote|in-process-gpu|ignore-gpu-blocklist|enable-unsafe-swiftshader|use-(gl|angle)=.*)$/;

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.vitest.state.getPaths().some((path) => path.endsWith('.browser.test.ts'))) {
    project.provide('chromium', { problem: 'It starts for files that end in .browser.test.ts' });
    return undefined;
  }
  const own = process.env['CHROMIUM_PATH'];
  try {
    const server = await chromium.launchServer({
      executablePath: own ?? join(await prepared(tmpdir(), unpack), FILE),
      // Works as root in a container, and where /dev/shm is small.
      args: [
        ...(own ? [] : packaged.args.filter((flag) => !LEFT_OUT.test(flag))),
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
      ],
      headless: true,
    });
    project.provide('chromium', { endpoint: server.wsEndpoint() });
    return () => server.close();
  } catch (error) {
    project.provide('chromium', {
      problem: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
}

/**
 * A folder with the unpacked browser, which every run on this machine shares. It gets its name when it is whole, so
 * that a run that is stopped, or another one at the same time, never leaves half a browser there.
 * @param unpackInto fills an empty folder
 */
export async function prepared(
  temporary: string,
  unpackInto: (folder: string) => Promise<unknown>,
): Promise<string> {
  const whole = join(temporary, `latchkey-chromium-${version()}`);
  if (await isThere(whole)) return whole;
  const aside = await mkdtemp(`${whole}-`);
  try {
    await unpackInto(aside);
    await rename(aside, whole);
  } catch (error) {
    if (!(await isThere(whole))) throw error; // Else another run has put it there first.
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return whole;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function version(): string {
  const text = readFileSync(resolve('node_modules/@sparticuz/chromium/package.json'), 'utf8');
  return String((JSON.parse(text) as { readonly version: unknown }).version);
}

/** In a process of its own, since the package unpacks into the temporary folder of its process. */
const unpack = (folder: string) =>
  promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      "await (await import('@sparticuz/chromium')).default.executablePath()",
    ],
    { cwd: resolve('.'), env: { ...process.env, TMPDIR: folder } },
  );
