/** Files of a Slack workspace: uploaded by users, described in payloads, and handed to those who may read them. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A file that someone has uploaded; who knows its address still needs a token. */
export interface DoubleFile {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly mimetype: string;
  readonly bytes: Uint8Array;
  deleted: boolean;
}

const MIMETYPES: Readonly<Record<string, string | undefined>> = {
  json: 'application/json',
  csv: 'text/csv',
  txt: 'text/plain',
  html: 'text/html',
  png: 'image/png',
};
/** What a `file_input` takes at most. */
const FILE_BYTES = 10_000_000;

const endingOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

export const newFile = (
  file: Pick<DoubleFile, 'id' | 'userId' | 'name'>,
  content: string | Uint8Array,
): DoubleFile => ({
  ...file,
  mimetype: MIMETYPES[endingOf(file.name)] ?? 'application/octet-stream',
  bytes: typeof content === 'string' ? Buffer.from(content) : content,
  deleted: false,
});

/** As Slack describes a file: in payloads, and when asked. */
export function fileObject(file: DoubleFile, teamId: string, origin: string) {
  const { id, name, mimetype, userId, bytes } = file;
  const url = `${origin}/files-pri/${teamId}-${id}`;
  return {
    id,
    created: 1,
    timestamp: 1,
    name,
    title: name,
    mimetype,
    filetype: endingOf(name),
    user: userId,
    size: bytes.byteLength,
    mode: 'hosted',
    is_external: false,
    url_private: `${url}/${encodeURIComponent(name)}`,
    url_private_download: `${url}/download/${encodeURIComponent(name)}`,
  };
}

/** Slack's client offers only files with the endings that are asked for, and none over 10 MB. @throws as it would not */
export function checkChoice({ name, bytes }: DoubleFile, filetypes: readonly string[] = []): void {
  const wanted = filetypes.map((type) => type.toLowerCase());
  if (wanted.length > 0 && !wanted.includes(endingOf(name).toLowerCase()))
    throw new Error(`"${name}" can't be chosen here`);
  if (bytes.byteLength > FILE_BYTES) throw new Error(`"${name}" is larger than Slack takes`);
}

export class FileServer {
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  /**
   * How the next download goes: no answer at all; or, for someone
   * who may not read files, the sign-in page itself in place of the way to it.
   */
  next: 'silence' | 'page' | undefined;
  readonly #files: readonly DoubleFile[];
  readonly #mayRead: (request: IncomingMessage) => boolean;

  constructor(files: readonly DoubleFile[], mayRead: (request: IncomingMessage) => boolean) {
    this.#files = files;
    this.#mayRead = mayRead;
  }

  /** Someone who may not read files is sent to where people sign in, like a browser. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const { next } = this;
    this.next = undefined;
    this.asked.push(path);
    if (next === 'silence') return;
    if (path === '/') return sendPage(response, 200);
    if (!this.#mayRead(request))
      return next === 'page' ? sendPage(response, 200) : toSignIn(path, response);
    const file = this.#files.find(({ id }) => path.includes(`-${id}/`));
    if (!file || file.deleted) return sendPage(response, 404);
    response.writeHead(200, { 'Content-Type': file.mimetype }).end(file.bytes);
  }
}

function toSignIn(path: string, response: ServerResponse): void {
  response.writeHead(302, { Location: `/?redir=${encodeURIComponent(path)}` }).end();
}

function sendPage(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end('<!DOCTYPE html><html lang="en-US"><head><title>Slack</title></head></html>');
}
