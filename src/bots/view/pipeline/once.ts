import type { Step } from './pipeline.ts';

/** Skips an interaction that was delivered before, to any process. */
export const once =
  <Who>(firstTime: (key: string) => Promise<boolean>): Step<Who> =>
  async (interaction, next) =>
    (await firstTime(interaction.inbound.key))
      ? next(interaction)
      : interaction.refuse({ kind: 'repeated' });
