/** What a modal carries from being opened to being sent, in its `private_metadata`. */
import { z } from 'zod';
import { PRIVATE_METADATA } from './limits.ts';

const origin = z.object({
  channel: z.string().optional(),
  /** The message that was clicked: its own `ts`, and the parts of its card when they are several. */
  message: z
    .object({
      ts: z.string(),
      parts: z.string().optional(),
      /** Seen by one person alone: it can't be edited, only replaced through the response URL. */
      ephemeral: z.boolean().optional(),
    })
    .optional(),
  responseUrl: z.string().optional(),
  place: z.enum(['direct', 'shared']),
  /** Their Home tab, which is shown anew then. */
  home: z.boolean().optional(),
});

/** Where an interaction happened, as far as it matters for answering it. */
export type Origin = z.infer<typeof origin>;

const metadata = z.object({
  payload: z.string(),
  /** Empty while the form is loading. */
  session: z.string(),
  origin,
});
export type ModalMetadata = z.infer<typeof metadata>;

/** @throws {RangeError} when it is too long for Slack: payloads carry ids only. */
export function encodeMetadata(carried: ModalMetadata): string {
  const text = JSON.stringify(carried);
  if (text.length > PRIVATE_METADATA)
    throw new RangeError('The payload of a form is longer than a Slack modal carries');
  return text;
}

/** Undefined for what this version of us didn't write. */
export function decodeMetadata(text: string): ModalMetadata | undefined {
  try {
    return metadata.parse(JSON.parse(text));
  } catch {
    return undefined; // Not ours: whoever asks says that the form is over.
  }
}
