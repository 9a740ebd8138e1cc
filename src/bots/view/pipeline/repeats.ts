import type { Step } from './pipeline.ts';

/**
 * A platform repeats what it has not heard of in time. While the first waits here or is under way, its repeat is neither
 * done nor answered.
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
