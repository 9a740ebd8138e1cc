import { PIGEON_POST_KEY } from '../../demo/third-parties/slow-mail.ts';
import { LODESTONE_PASSWORD, LODESTONE_USER } from '../../demo/third-parties/staff-directory.ts';
import { FERNBOARD_TOKEN } from '../../demo/third-parties/team-tool.ts';

/** What Latchkey sends to the sample third parties and must show to nobody: as it was typed, and as it goes out. */
export const outgoingSecrets = {
  "Fernboard's token": FERNBOARD_TOKEN,
  "Lodestone's password": LODESTONE_PASSWORD,
  "Lodestone's credentials": `${LODESTONE_USER}:${LODESTONE_PASSWORD}`,
  "Lodestone's header": Buffer.from(`${LODESTONE_USER}:${LODESTONE_PASSWORD}`).toString('base64'),
  "Pigeon Post's key": PIGEON_POST_KEY,
} as const;
