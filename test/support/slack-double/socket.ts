/** Slack's end of socket mode: a WebSocket (RFC 6455, text frames only) over which envelopes go out and acknowledgements come back. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const ACKNOWLEDGE_MS = 3000;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly length: number;
}

export class SocketMode {
  /** How often the app has connected. */
  connections = 0;
  #socket: Duplex | undefined;
  #serial = 0;
  /** Undefined: the connection ended without an acknowledgement. */
  readonly #waiting = new Map<string, (answer: string | undefined) => void>();

  /** Takes over an HTTP request that wants to become a WebSocket. */
  accept(request: IncomingMessage, socket: Duplex): void {
    const key = request.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.#socket = socket;
    this.connections++;
    this.#read(socket);
    this.#write(TEXT, JSON.stringify({ type: 'hello', num_connections: 1 }));
  }

  /**
   * Sends an envelope; gives what it was acknowledged with, '' for a plain acknowledgement. Undefined when the connection ends
   * before: Slack then sends it again over another one.
   */
  send(type: string, payload: unknown): Promise<string | undefined> {
    const envelope_id = `envelope-${++this.#serial}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error('The envelope was not acknowledged in 3 s')),
        ACKNOWLEDGE_MS,
      );
      this.#waiting.set(envelope_id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#write(
        TEXT,
        JSON.stringify({ envelope_id, type, payload, accepts_response_payload: true }),
      );
    });
  }

  /** As Slack does when it moves a connection elsewhere: a warning some seconds before, and then the request. */
  announceEnd(reason: 'warning' | 'refresh_requested'): void {
    this.#write(
      TEXT,
      JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'wss-1' } }),
    );
  }

  close(): void {
    this.#socket?.destroy();
  }

  #read(socket: Duplex): void {
    let buffered = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      for (const settle of this.#waiting.values()) settle(undefined);
      this.#waiting.clear();
    });
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      for (let frame = readFrame(buffered); frame; frame = readFrame(buffered)) {
        buffered = buffered.subarray(frame.length);
        this.#take(frame, socket);
      }
    });
  }

  #take({ opcode, payload }: Frame, socket: Duplex): void {
    if (opcode === PING) this.#write(PONG, payload);
    if (opcode === CLOSE) {
      this.#write(CLOSE, payload);
      socket.end();
    }
    if (opcode !== TEXT) return;
    const { envelope_id, payload: answer } = JSON.parse(payload.toString()) as {
      envelope_id: string;
      payload: object;
    };
    this.#waiting.get(envelope_id)?.(Object.keys(answer).length > 0 ? JSON.stringify(answer) : '');
  }

  #write(opcode: number, content: string | Buffer): void {
    const payload = Buffer.from(content);
    const header =
      payload.length < 126
        ? Buffer.from([0x80 | opcode, payload.length])
        : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff]);
    if (payload.length > 0xffff) throw new RangeError('This double sends no frame over 64 KiB');
    this.#socket?.write(Buffer.concat([header, payload]));
  }
}

/** The first frame, once all of it is there; a client's frames are masked. */
function readFrame(data: Buffer): Frame | undefined {
  if (data.length < 2) return undefined;
  const short = data.readUInt8(1) & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + extended + 4;
  if (data.length < start) return undefined;
  const size =
    short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
  if (data.length < start + size) return undefined;
  const mask = data.subarray(start - 4, start);
  const payload = Buffer.from(data.subarray(start, start + size));
  for (const [index, byte] of payload.entries()) payload[index] = byte ^ (mask[index % 4] ?? 0);
  return { opcode: data.readUInt8(0) & 0x0f, payload, length: start + size };
}
