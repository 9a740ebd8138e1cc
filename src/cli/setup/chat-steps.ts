/** What is still to be done at Slack or Microsoft, beside what Latchkey can do itself. */
import { commands } from '../../bots/features/commands.ts';
import { slackAppManifest } from '../../bots/slack/app-manifest.ts';

export interface Receiving {
  /** Undefined: over a socket. */
  readonly publicUrl: string | undefined;
}

/** Opens Slack's "Create an app" with the manifest filled in. */
function slackLink({ publicUrl }: Receiving): string {
  const manifest = slackAppManifest({
    publicUrl: publicUrl ?? '',
    socketMode: publicUrl === undefined,
    commands,
  });
  return `https://api.slack.com/apps?new_app=1&manifest_json=${encodeURIComponent(JSON.stringify(manifest))}`;
}

export function slackSteps(receiving: Receiving): readonly string[] {
  const { publicUrl } = receiving;
  return [
    'Open this link, choose your workspace, and press Create:',
    slackLink(receiving),
    'Does Slack refuse its workflow step, which paid plans alone have? Then paste what "latchkey slack-manifest --no-workflow-step" prints.',
    'Press Install to Workspace. The bot token (xoxb-…) is under OAuth & Permissions.',
    ...(publicUrl === undefined
      ? [
          'The app token (xapp-…): under Basic Information, App-Level Tokens, generate one with connections:write.',
        ]
      : [
          'The signing secret is under Basic Information.',
          `Once Latchkey runs, verify the URL of its events, ${publicUrl}/slack/events: the app's page offers that under App Manifest or Event Subscriptions.`,
        ]),
  ];
}

/** How the bot proves to Microsoft who it is. */
export type TeamsProof = 'secret' | 'certificate' | 'federated';

const PROOFS: Readonly<Record<TeamsProof, string>> = {
  secret: 'add a client secret',
  certificate: 'upload the certificate whose file TEAMS_CERTIFICATE_FILE names',
  federated: 'add a federated credential for the identity that Latchkey runs as',
};

export function teamsSteps(publicUrl: string, proof: TeamsProof): readonly string[] {
  return [
    `In Microsoft Entra, register an application for this directory only, and ${PROOFS[proof]}.`,
    `In Azure, create a Bot for it (single tenant) with the messaging endpoint ${publicUrl}/api/messages, and switch its Teams channel on.`,
    'Afterwards "latchkey teams-package" writes latchkey-teams.zip. Upload it in the Teams admin centre under Manage apps, and allow it for your people.',
  ];
}
