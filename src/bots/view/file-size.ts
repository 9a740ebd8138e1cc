import { t } from '../../core/translate.ts';

/** `64 KB`, `10 MB`. */
export const sizeOf = (bytes: number): string =>
  bytes >= 1024 * 1024
    ? t`${Math.floor(bytes / 1024 / 1024)} MB`
    : bytes >= 1024
      ? t`${Math.floor(bytes / 1024)} KB`
      : t`${bytes} bytes`;
