import type { Card } from '../card.ts';
import type { Inbound } from '../platform.ts';
import type { Step } from './pipeline.ts';

/** Finds the person in the directory, or a card that explains why there is none. */
export type Identify<Who> = (inbound: Inbound) => Promise<Who | { readonly refused: Card }>;

export const identified =
  <Who extends object>(identify: Identify<Who>): Step<Who> =>
  async (interaction, next) => {
    const found = await identify(interaction.inbound);
    return 'refused' in found
      ? interaction.refuse({ kind: 'unidentified', card: found.refused })
      : next({ ...interaction, who: found });
  };
