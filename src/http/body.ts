/** Bodies: writes requests' bodies, and turns answers' bytes into text. */
import { TextDecoder } from 'node:util';
import { unreachable } from '../core/unreachable.ts';
import type { HttpBody } from '../engine/ports/http.ts';

export interface EncodedBody {
  readonly text: string;
  /** Sent unless the request has its own. */
  readonly contentType: string;
}

/** Bodies that are whole in memory. `multipart.ts` makes the others. */
export type WholeBody = Exclude<HttpBody, { kind: 'multipart' }>;

/** @returns the text to write, and the Content-Type for a request without one */
export function encodeBody(body: WholeBody): EncodedBody {
  switch (body.kind) {
    case 'json':
      return { text: body.text, contentType: 'application/json' };
    case 'xml':
      return { text: body.text, contentType: 'application/xml' };
    case 'form': {
      const fields = body.fields.map(([name, value]): [string, string] => [name, value]);
      return {
        text: new URLSearchParams(fields).toString(),
        contentType: 'application/x-www-form-urlencoded',
      };
    }
    default:
      return unreachable(body);
  }
}

/**
 * UTF-8, unless a byte order mark says UTF-16, or Content-Type names another known charset. The mark counts more, as in browsers. Never
 * fails: unreadable bytes become U+FFFD.
 */
export function decodeText(bytes: Uint8Array, contentType: string | undefined): string {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1];
  return decoderFor(markedUtf16(bytes) ?? charset).decode(bytes);
}

function markedUtf16([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

function decoderFor(charset: string | undefined): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder(); // An unknown charset. Nearly everyone sends UTF-8.
  }
}
