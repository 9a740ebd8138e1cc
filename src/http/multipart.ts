/** Multipart bodies (RFC 7578): fields first, then files, which are read in pieces while we send. */
import type { FileToSend } from '../engine/ports/http.ts';
import type { StreamedBody } from './redirect.ts';

export interface MultipartFile extends FileToSend {
  readonly field: string;
  readonly name: string;
}

/**
 * @param boundary separates the parts; a random one occurs in none of them
 * @returns the body with its length, since many apps refuse an upload of unknown length
 */
export function multipartBody(
  fields: readonly (readonly [name: string, value: string])[],
  files: readonly MultipartFile[],
  boundary: string,
): StreamedBody & { readonly contentType: string } {
  const parts = [
    ...fields.map(([name, value]) => ({
      head: head(boundary, `form-data; name=${quoted(name)}`),
      content: Buffer.from(value, 'utf8'),
    })),
    ...files.map((file) => ({
      head: head(
        boundary,
        `form-data; name=${quoted(file.field)}; filename=${quoted(file.name)}`,
        file.contentType ?? 'application/octet-stream',
      ),
      content: file,
    })),
  ];
  const end = Buffer.from(`--${boundary}--\r\n`, 'utf8');
  const sizes = parts.map(({ head: { byteLength }, content }) => byteLength + sizeOf(content) + 2);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    size: sizes.reduce((sum, size) => sum + size, end.byteLength),
    async *pieces() {
      for (const part of parts) {
        yield part.head;
        if (part.content instanceof Uint8Array) yield part.content;
        else yield* part.content.pieces();
        yield LINE_END;
      }
      yield end;
    },
  };
}

/** CR, LF */
const LINE_END = Buffer.of(13, 10);

const sizeOf = (content: Uint8Array | FileToSend): number =>
  content instanceof Uint8Array ? content.byteLength : content.size;

function head(boundary: string, disposition: string, contentType?: string): Uint8Array {
  const type = contentType === undefined ? '' : `Content-Type: ${oneLine(contentType)}\r\n`;
  return Buffer.from(`--${boundary}\r\nContent-Disposition: ${disposition}\r\n${type}\r\n`, 'utf8');
}

/** Escapes a name as browsers do: characters that would end it, or its line, are percent-encoded. */
const quoted = (name: string): string =>
  `"${name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}"`;

/** The value comes from an app's header, through the database. */
const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ');
