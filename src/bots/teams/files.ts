/** Files of messages. They are in their owner's OneDrive, at an address that Teams sends. */
import type { Download } from '../../core/download.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type ChatFile, fileTooLarge, readFileText } from '../view/file.ts';
import type { FileAttachment } from './activity.ts';
import { FILE_MS } from './limits.ts';

/**
 * @param download checks where the address leads. The address comes in an activity, and with the local client any program
 * on this machine can send one.
 */
export const chatFile = ({ name, url }: FileAttachment, download: Download): ChatFile => ({
  name,
  async text(maxBytes) {
    if (!url.startsWith('https://')) return notHandedOver(name);
    const file = await download(url, { maxBytes, timeoutMs: FILE_MS });
    switch (file.kind) {
      case 'bytes':
        return readFileText(name, file.bytes);
      case 'too-large':
        return fileTooLarge(name, maxBytes);
      case 'failed':
        return notHandedOver(name);
      default:
        return unreachable(file);
    }
  },
});

const notHandedOver = (name: string) => ({
  refused: t`Teams did not hand over "${name}". Send it once more; if that fails again, tell your Latchkey admin.`,
});
