import { v7 } from 'uuid';

/**
 * Makes the identity of a new row (UUIDv7, so rows sort by age). The application makes ids, not the
 * database, so that a secret's identity exists before its row and can be bound into its ciphertext.
 */
export const newId = (): string => v7();
