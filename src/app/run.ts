/** The main process: reads the environment, starts everything, and stops on a signal. */
import { asTyped } from '../cli/output.ts';
import { problemText } from '../config/config.ts';
import { loadEnvironment, UnreadableEnvFile } from '../config/environment.ts';
import { DRAIN_MS } from '../jobs/agreed.ts';
import { WRONG_CONFIGURATION } from '../node-version.ts';
import { VERSION } from '../version.ts';
import { type App, startApp } from './app.ts';
import { BadConfiguration } from './refused-start.ts';

async function run(): Promise<void> {
  let app: App | undefined;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    // What a start has begun, the next one does. Without this, the first process of a container would ignore the signal.
    if (!app) process.exit(0);
    const { log } = app;
    if (!stopping)
      log.info(
        { seconds: DRAIN_MS / 1000 },
        'Latchkey is stopping. It waits for requests, cards and steps that are under way, for this long at most',
      );
    stopping ??= app.stop().then(() => {
      log.info('Latchkey has stopped');
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', stop); // Its terminal was closed.

  app = await startApp(loadEnvironment());
  app.log.info({ url: app.url, version: VERSION }, 'Latchkey is up');
  const { slack, teams } = app.foundation.config;
  if (!slack && !teams)
    app.log.warn(
      asTyped(
        'No chat is connected: set SLACK_… or TEAMS_…, and start again. "latchkey init" asks for each, and says where it is',
      ),
    );
}

try {
  await run();
} catch (error) {
  if (error instanceof UnreadableEnvFile) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = WRONG_CONFIGURATION;
  } else if (error instanceof BadConfiguration) {
    for (const problem of error.problems)
      process.stderr.write(`${asTyped(problemText(problem))}\n`);
    process.exitCode = error.exitCode;
  } else throw error;
}
