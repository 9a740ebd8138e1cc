/** Steps that every interaction passes, outermost first. A step calls `next`, or ends the interaction with a refusal. */
import type { Interaction } from './interaction.ts';

export type Next<Who> = <Answer>(interaction: Interaction<Who, Answer>) => Promise<Answer>;

export type Step<Who> = <Answer>(
  interaction: Interaction<Who, Answer>,
  next: (interaction: Interaction<Who, Answer>) => Promise<Answer>,
) => Promise<Answer>;

/** @returns a function that takes an interaction through all steps to its handler */
export const pipeline = <Who>(steps: readonly Step<Who>[]): Next<Who> =>
  steps.reduceRight<Next<Who>>(
    (next, step) => (interaction) => step(interaction, next),
    handleIdentified,
  );

async function handleIdentified<Who, Answer>({
  who,
  handle,
}: Interaction<Who, Answer>): Promise<Answer> {
  if (who === undefined) throw new TypeError('No step of this pipeline finds out who it is');
  return handle(who);
}
