/** Where an installation with Slack will start: a folder without a database, a free port, and what it is configured with. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../demo/free-port.ts';
import { SlackDouble } from '../slack-double/slack-double.ts';

export interface EmptyInstallation {
  readonly folder: string;
  readonly slack: SlackDouble;
  /** Tests may add to it. */
  readonly environment: Record<string, string>;
  cleanup(): Promise<void>;
}

export async function emptyInstallation(): Promise<EmptyInstallation> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-start-'));
  const slack = await SlackDouble.start();
  return {
    folder,
    slack,
    environment: {
      PORT: String(await freePort(0)),
      DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
      ADMIN_EMAILS: 'ada@example.com',
      SLACK_BOT_TOKEN: slack.token,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      LOG_LEVEL: 'silent',
    },
    async cleanup() {
      await slack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
