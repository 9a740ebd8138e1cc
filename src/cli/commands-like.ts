import type { Command } from 'commander';
import { nearWords } from '../core/did-you-mean.ts';

/** More would be the help. */
const MAX_NAMED = 3;

/** Whole names of commands that someone may have meant: those whose last word it is, else those of the top that are near it. */
export function commandsLike(name: string, { commands }: Command): readonly string[] {
  const below = commands.flatMap((group) =>
    group.commands.filter((each) => each.name() === name).map(() => `${group.name()} ${name}`),
  );
  const near = nearWords(
    name,
    commands.map((each) => each.name()),
  );
  return (below.length > 0 ? below : near).slice(0, MAX_NAMED);
}
