/** Starts the headless Chromium that comes inside an npm package, unpacked once for this machine. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import packaged from '@sparticuz/chromium';
import { type BrowserServer, chromium } from 'playwright-core';

/** What the package calls the browser. */
const FILE = 'chromium';

/** It starts in a second or two, unless the machine does much beside. */
const START_MS = 120_000;

/**
 * Flags of the package that are for a cloud function: in one process the browser ends with the first page that is closed, and
 * drawing by an emulated graphics card costs more than drawing without one.
 */
const LEFT_OUT =
  /^--(single-process|no-zygote|in-process-gpu|ignore-gpu-blocklist|enable-unsafe-swiftshader|use-(gl|angle)=.*)$/;

/** Chromium hears one flag of this name. A script that streams is compiled while it comes, also where its process has it already. */
const withoutStreaming = (flag: string): string =>
  flag.startsWith('--disable-features=') ? `${flag},ScriptStreaming` : flag;

/** The one in `CHROMIUM_PATH`, or the package's. */
export async function launchBrowser(): Promise<BrowserServer> {
  const own = process.env['CHROMIUM_PATH'];
  return chromium.launchServer({
    executablePath: own ?? join(await prepared(tmpdir(), unpack), FILE),
    // Works as root in a container, and where /dev/shm is small.
    args: [
      ...(own ? [] : packaged.args.filter((flag) => !LEFT_OUT.test(flag)).map(withoutStreaming)),
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      // Pages of one context and site share a process, and what it compiled.
      '--process-per-site',
      '--js-flags=--no-flush-bytecode --max-lazy',
    ],
    headless: true,
    timeout: START_MS,
  });
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
