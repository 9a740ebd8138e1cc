import type { ChatProfile } from '../platform.ts';
import type { Step } from './pipeline.ts';

/** Reads the platform's profile of the person, who may not be in the directory. */
export const profiled: Step<ChatProfile> = async (interaction, next) => {
  const { inbound } = interaction;
  const who = await inbound.profileOf(inbound.user.userId);
  return who ? next({ ...interaction, who }) : interaction.refuse({ kind: 'unknown' });
};
