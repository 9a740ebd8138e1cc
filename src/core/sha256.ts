import { hash } from 'node:crypto';

/** In letters that an address may have. */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url');

/** 132 bits: more than enough to tell two apart of what one card can show. For a payload, which has to be short. */
export const fingerprint = (text: string): string => sha256(text).slice(0, 22);
