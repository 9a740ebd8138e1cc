/** `npm start`: reads the environment, starts everything, and stops on a signal. */
import { type App, BadConfiguration, startApp } from './app.ts';
import { loadEnvironment, problemText } from './config.ts';

async function start(): Promise<App> {
  try {
    return await startApp(loadEnvironment());
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    for (const problem of error.problems) process.stderr.write(`${problemText(problem)}\n`);
    process.exit(1);
  }
}

const app = await start();
app.log.info({ url: app.url }, 'Latchkey is up');

let stopping: Promise<void> | undefined;
const stop = () => {
  stopping ??= app.stop().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
