import type { Step } from './pipeline.ts';

/** What was delivered before, to any process, is not done again. */
export const once =
  <Who>(firstTime: (key: string) => Promise<boolean>): Step<Who> =>
  async (interaction, next) =>
    (await firstTime(interaction.inbound.key))
      ? next(interaction)
      : interaction.refuse({ kind: 'repeated' });
