import type { Step } from './pipeline.ts';

/** Nothing that is thrown leaves the pipeline: the log has it, and the person reads a sentence. */
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
