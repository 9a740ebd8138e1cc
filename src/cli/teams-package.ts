import { zipSync } from 'fflate';
import { commands } from '../bots/features/commands.ts';
import { teamsAppFiles } from '../bots/teams/app-package.ts';
import type { Config } from '../config/config.ts';
import type { Output } from './output.ts';
import { writeOut } from './session.ts';

/** ZIP's earliest date. With a fixed date the same configuration makes the same package. */
const ZIP_EPOCH = new Date(1980, 0, 1);

/**
 * `latchkey teams-package`: writes the package to upload in the Teams admin centre.
 * @param file its path; an existing file is replaced
 * @returns the exit code: 1 when Teams is not set up
 * @throws {CommandError} when the file can't be written
 */
export async function writeTeamsPackage(
  { publicUrl, publicUrlIsSet, teams }: Pick<Config, 'publicUrl' | 'publicUrlIsSet' | 'teams'>,
  file: string,
  output: Output,
): Promise<number> {
  if (teams?.kind !== 'cloud') {
    output.error(
      'Teams is not set up. Register an app in Microsoft Entra, set TEAMS_APP_ID, TEAMS_APP_PASSWORD and TEAMS_TENANT_ID, and run this again.',
    );
    return 1;
  }
  const files = teamsAppFiles({ appId: teams.appId, publicUrl, name: 'Latchkey', commands });
  const zip = zipSync(Object.fromEntries(files.map(({ name, bytes }) => [name, bytes])), {
    mtime: ZIP_EPOCH,
  });
  await writeOut(file, zip);
  output.line(file);
  output.note(
    publicUrl.startsWith('https:')
      ? `Upload it in the Teams admin centre, and let the bot's messaging endpoint be ${publicUrl}/api/messages.`
      : publicUrlIsSet
        ? `Teams calls https addresses only, and PUBLIC_URL is ${publicUrl}: set one like PUBLIC_URL=https://latchkey.example.com and run this again.`
        : 'PUBLIC_URL is not set, so Teams could not reach this bot: set it and run this again.',
  );
  return 0;
}
