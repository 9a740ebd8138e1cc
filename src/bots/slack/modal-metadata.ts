/** A modal carries this from opening to submission, in its `private_metadata`. */
import { z } from 'zod';
import { PRIVATE_METADATA } from './limits.ts';

const origin = z.object({
  channel: z.string().optional(),
  /** The clicked message: its own `ts`, and all parts of its card when there are several. */
  message: z
    .object({
      ts: z.string(),
      parts: z.string().optional(),
      /** Only one person sees it. It can't be edited, only replaced through the response URL. */
      ephemeral: z.boolean().optional(),
    })
    .optional(),
  responseUrl: z.string().optional(),
  place: z.enum(['direct', 'shared']),
  /** True for a person's Home tab, which we render again after the answer. */
  home: z.boolean().optional(),
});

/** Where an interaction happened, with what an answer needs. */
export type Origin = z.infer<typeof origin>;

const metadata = z.object({
  payload: z.string(),
  /** Empty while the form is loading. */
  session: z.string(),
  origin,
});
export type ModalMetadata = z.infer<typeof metadata>;

/** @throws {RangeError} when it is too long for Slack. Payloads carry ids only. */
export function encodeMetadata(carried: ModalMetadata): string {
  const text = JSON.stringify(carried);
  if (text.length > PRIVATE_METADATA)
    throw new RangeError('The payload of a form is longer than a Slack modal carries');
  return text;
}

/** Undefined for a text that this version didn't write. */
export function decodeMetadata(text: string): ModalMetadata | undefined {
  try {
    return metadata.parse(JSON.parse(text));
  } catch {
    return undefined; // Not ours. The caller then says that the form has expired.
  }
}
