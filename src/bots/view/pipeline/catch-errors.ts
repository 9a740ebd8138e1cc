import type { Step } from './pipeline.ts';

/** Logs every error and shows the person a sentence. Nothing is thrown out of the pipeline. */
export const catchErrors =
  <Who>(onError: (error: unknown, where: string) => void): Step<Who> =>
  async (interaction, next) => {
    try {
      return await next(interaction);
    } catch (error) {
      onError(error, interaction.where);
      return interaction.refuse({ kind: 'failed' });
    }
  };
