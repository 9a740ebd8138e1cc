/** Latchkey with Slack and ready-made manifests as they are, whose services are one scripted app that hears every host. */
import { readFileSync } from 'node:fs';
import { firstToken } from '../../../src/engine/calls/token-answer.ts';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { type MainProcess, startMainProcess } from '../company/main-process.ts';
import { SlackDouble } from '../slack-double/slack-double.ts';
import { startThirdParty, type ThirdParty } from './third-party.ts';

export interface ReadyMadeApp {
  readonly main: MainProcess;
  readonly slack: SlackDouble;
  readonly services: ThirdParty;
  /** Adds the manifest of that name; one with OAuth2 is connected already. */
  add(manifest: string, secrets: Readonly<Record<string, string>>): Promise<Integration>;
  stop(): Promise<void>;
}

/** Needs the build. */
export async function startReadyMadeApp(admin: string): Promise<ReadyMadeApp> {
  const slack = await SlackDouble.start();
  const services = await startThirdParty();
  const main = await startMainProcess(() => ({
    ADMIN_EMAILS: admin,
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    NODE_OPTIONS: `--import=${new URL('scripted-hosts.mjs', import.meta.url).href}`,
    SCRIPTED_APP_PORT: new URL(services.url).port,
  }));
  slack.eventsUrl = `${main.url}/slack/events`;
  const { transact, now } = main.foundation;
  return {
    main,
    slack,
    services,
    add: (name, secrets) =>
      transact(async (tx) => {
        const file = new URL(`../../../manifests/${name}.json`, import.meta.url);
        const added = await addIntegration(
          tx,
          { name, manifest: readFileSync(file, 'utf8'), secrets },
          { ...main.foundation, actor: { kind: 'system' } },
        );
        if (!added.ok) throw new Error(JSON.stringify(added.errors));
        const { integration } = added;
        await tx.oauth.put(firstToken(integration.id, { access_token: 'token-1' }, now()));
        return integration;
      }),
    async stop() {
      await main.stop();
      await slack.stop();
      await services.close();
    },
  };
}
