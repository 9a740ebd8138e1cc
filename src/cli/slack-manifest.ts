import { commands } from '../bots/features/commands.ts';
import { slackAppManifest } from '../bots/slack/app-manifest.ts';
import type { Config } from '../config/config.ts';
import type { Output } from './output.ts';

/**
 * `latchkey slack-manifest`: prints the manifest to paste into Slack's "Create an app from a manifest". Before Slack is
 * set up, a configuration without `PUBLIC_URL` gets a socket, since Slack couldn't call it over HTTP.
 */
export function printSlackManifest(
  { publicUrl, publicUrlIsSet, slack }: Pick<Config, 'publicUrl' | 'publicUrlIsSet' | 'slack'>,
  output: Output,
  { workflowStep = true }: { readonly workflowStep?: boolean } = {},
): void {
  const socketMode = slack ? slack.receive.kind === 'socket' : !publicUrlIsSet;
  output.json(slackAppManifest({ publicUrl, socketMode, commands, workflowStep }));
  if (socketMode)
    output.note(
      'This app connects over a socket: set SLACK_BOT_TOKEN=xoxb-… and SLACK_APP_TOKEN=xapp-….',
    );
  else if (publicUrl.startsWith('https:'))
    output.note(
      `Slack will call ${publicUrl}/slack/events: set SLACK_BOT_TOKEN=xoxb-… and SLACK_SIGNING_SECRET=….`,
    );
  else
    output.note(
      'Slack calls https addresses only: set one like PUBLIC_URL=https://latchkey.example.com and print the manifest again.',
    );
}
