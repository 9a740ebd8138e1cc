/** A button that does what a typed word does. Apart from `commands.ts`, which imports every feature. */
import { z } from 'zod';
import type { ActionCall } from '../view/action-call.ts';
import type { Button } from '../view/card.ts';

/** Of a text that a button carries: a word, and a name or so. */
export const MAX_CARRIED = 40;

export const WORD_ACTION = 'help.word';
export const wordPayload = z.object({ text: z.string().max(MAX_CARRIED) });

const wordCall = (text: string): ActionCall => ({
  id: WORD_ACTION,
  payload: JSON.stringify(wordPayload.parse({ text })),
  opensForm: false,
});

export const wordButton = (label: string, text: string): Button => ({
  label,
  does: wordCall(text),
});
