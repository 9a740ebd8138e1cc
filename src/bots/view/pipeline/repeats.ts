import type { Step } from './pipeline.ts';

/**
 * A platform sends an interaction again when the acknowledgement is late. While the first is queued or handled, its
 * repeats are ignored.
 */
export const repeats = <Who>(): Step<Who> => {
  const present = new Set<string>();
  return async (interaction, next) => {
    const { key } = interaction.inbound;
    if (present.has(key)) return interaction.refuse({ kind: 'repeated' });
    present.add(key);
    try {
      return await next(interaction);
    } finally {
      present.delete(key);
    }
  };
};
