/** Vitest's global setup: starts the browser where browser tests are among those that run. */
import type { TestProject } from 'vitest/node';
import { launchBrowser } from './launch.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /**
     * Where the browser listens that all test files share; or why there is none: then the tests that need it fail, and
     * no others.
     */
    readonly chromium: { readonly endpoint: string } | { readonly problem: string };
  }
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.vitest.state.getPaths().some((path) => path.endsWith('.browser.test.ts'))) {
    project.provide('chromium', { problem: 'It starts for files that end in .browser.test.ts' });
    return undefined;
  }
  try {
    const server = await launchBrowser();
    project.provide('chromium', { endpoint: server.wsEndpoint() });
    return () => server.close();
  } catch (error) {
    project.provide('chromium', {
      problem: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
}
