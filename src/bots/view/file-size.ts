import { say } from '../../core/say.ts';

/** `64 KB`, `10 MB`; for people. */
export const sizeOf = (bytes: number): string =>
  bytes >= 1024 * 1024
    ? say`${Math.floor(bytes / 1024 / 1024)} MB`
    : bytes >= 1024
      ? say`${Math.floor(bytes / 1024)} KB`
      : say`${bytes} bytes`;
