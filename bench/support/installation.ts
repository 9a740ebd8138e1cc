/** Latchkey in an installation of its own, with Slack, so that memory is of one measurement alone. */
import { environmentOf } from '../../demo/company.ts';
import { freePort } from '../../demo/free-port.ts';
import { type App, startApp } from '../../src/app/app.ts';
import { type Served, slackEnvironment } from './slack-commands.ts';

/** @param app the one third party that it may call */
export async function startInstallation(
  databaseUrl: string,
  { slack, app }: { readonly slack: Served; readonly app: Served },
): Promise<App> {
  const options = {
    folder: '',
    port: await freePort(0),
    environment: {
      DATABASE_URL: databaseUrl,
      LATCHKEY_KEYS: Buffer.alloc(32, 7).toString('base64url'),
      LOG_LEVEL: 'fatal',
      ...slackEnvironment(slack),
    },
  };
  return startApp(environmentOf(options, { hosts: new URL(app.url).host }));
}
