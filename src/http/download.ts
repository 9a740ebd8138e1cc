/** Files at addresses from outside. The `Http` that fetches them checks where they lead. */
import type { Download } from '../core/network/download.ts';
import { t } from '../core/translate.ts';
import type { Http } from '../engine/ports/http.ts';

/** @param http must allow no private address, unless the files are in our own network */
export function createDownload(http: Http): Download {
  return async (url, { maxBytes, timeoutMs }) => {
    const pieces: Uint8Array[] = [];
    const answer = await http.send(
      { method: 'GET', url, headers: {} },
      { timeoutMs, maxBytes },
      {
        sink: {
          maxBytes,
          takes: (status) => status === OK,
          write: async (piece) => void pieces.push(piece),
        },
      },
    );
    if (answer.kind === 'failed')
      return answer.code === 'too-large'
        ? { kind: 'too-large' }
        : { kind: 'failed', message: answer.message };
    return answer.status === OK
      ? { kind: 'bytes', bytes: Buffer.concat(pieces) }
      : { kind: 'failed', message: t`The file's server answered with HTTP ${answer.status}.` };
  };
}

const OK = 200;
