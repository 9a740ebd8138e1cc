/** `npm start`: reads the environment, starts everything, and stops on a signal. */
import { BadConfiguration, startApp } from './app.ts';
import { loadEnvironment, problemText } from './config.ts';

async function run(): Promise<void> {
  const app = await startApp(loadEnvironment());
  app.log.info({ url: app.url }, 'Latchkey is up');

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= app.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

try {
  await run();
} catch (error) {
  if (!(error instanceof BadConfiguration)) throw error;
  for (const problem of error.problems) process.stderr.write(`${problemText(problem)}\n`);
  process.exitCode = 1;
}
