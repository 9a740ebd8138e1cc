/**
 * The audit log as JSON lines (OCSF) in a file, for whatever collects logs. Lines are only appended, in the order of the sealed
 * entries, and the file is opened again each time, so a rotation needs no signal. The last line says how far it got: after a
 * crash half a line is cut off, and nothing is missing or there twice. After a rotation, and before the next line, a small file beside it
 * says the same. After a restore of an older database, the last line whose entry is still in the log says it. Several processes may have one file: who writes holds `FILE.lock`, and looks again how far the file is.
 */
import type { Stats } from 'node:fs';
import { open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { codeOf } from '../core/error-code.ts';
import { MINUTE_MS } from '../core/hours.ts';
import { newId } from '../core/ids.ts';
import type { Stores } from '../engine/ports/unit-of-work.ts';
import { namesOfEntries, ocsfOf } from '../engine/work/ocsf.ts';
import { renameDurably } from '../store/folder.ts';
import { VERSION } from '../version.ts';

/** In memory at once. */
const AT_ONCE = 250;
/** In one call; the next one goes on. */
const MAX_BATCHES = 40;
/** Of the file, in memory at once. */
const PART_BYTES = 256 * 1024;
const OWNER_ONLY = 0o600;
/** Much longer than a batch takes: the process that held the lock has died. */
const LOCK_MS = MINUTE_MS;

/** A lock that lies ahead was made while the clock was. */
const isLive = ({ mtimeMs }: Stats): boolean => Math.abs(Date.now() - mtimeMs) < LOCK_MS;

/** A place in the log, and the entry that was there. */
const placeSchema = z.object({ sequence: z.number().int(), uid: z.string() });
type Place = z.infer<typeof placeSchema>;
const START: Place = { sequence: 0, uid: '' };
const line = z.object({ metadata: placeSchema });

export interface AuditFileDeps {
  readonly stores: Pick<Stores, 'auditChain' | 'people' | 'integrations' | 'apiTokens'>;
  /** An absolute path. */
  readonly file: string;
}

export class AuditFile {
  readonly #deps: AuditFileDeps;
  #written = START;
  #isWriting = false;

  constructor(deps: AuditFileDeps) {
    this.#deps = deps;
  }

  /** Appends what was sealed since the last call. @throws the file system's errors; the next call goes on */
  async write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      const head = await this.#deps.stores.auditChain.head();
      if ((head?.seq ?? 0) <= this.#written.sequence) return; // Nothing new.
      if (!(await this.#lock())) return; // Another process writes it now. The next call looks again.
      try {
        const found = await this.#found();
        if (found.sequence > this.#written.sequence) this.#written = found;
        for (let batch = 0; batch < MAX_BATCHES && (await this.#writeSome()); batch += 1)
          await utimes(this.#lockFile, new Date(), new Date());
      } finally {
        await rm(this.#lockFile, { force: true });
      }
    } finally {
      this.#isWriting = false;
    }
  }

  get #lockFile(): string {
    return `${this.#deps.file}.lock`;
  }

  /** @returns false where another process holds it */
  async #lock(): Promise<boolean> {
    const held = await stat(this.#lockFile).catch(() => undefined);
    if (held && (isLive(held) || !(await this.#removeStale()))) return false;
    try {
      await writeFile(this.#lockFile, '', { flag: 'wx', mode: OWNER_ONLY });
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /** @returns false where another process has removed it, and may have a lock of its own there by now */
  async #removeStale(): Promise<boolean> {
    const moved = `${this.#lockFile}.${newId()}`;
    try {
      await rename(this.#lockFile, moved);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    if (isLive(await stat(moved))) {
      await rename(moved, this.#lockFile);
      return false;
    }
    await rm(moved);
    return true;
  }

  /** @returns whether there may be more */
  async #writeSome(): Promise<boolean> {
    const { stores, file } = this.#deps;
    const entries = await stores.auditChain.entriesAfter(this.#written.sequence, AT_ONCE);
    if (entries.length === 0) return false;
    const names = await namesOfEntries(
      entries.map(({ entry }) => entry),
      stores,
    );
    const lines = entries.map(({ seq, entry }) =>
      JSON.stringify(ocsfOf({ entry, seq, version: VERSION, ...names })),
    );
    const handle = await open(file, 'a', OWNER_ONLY);
    try {
      await handle.appendFile(`${lines.join('\n')}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    const last = entries.at(-1);
    if (last) this.#written = { sequence: last.seq, uid: last.entry.id };
    await this.#note();
    return entries.length === AT_ONCE;
  }

  /** How far the file got: by its last line, else by the file beside it. Another process may have written since. */
  async #found(): Promise<Place> {
    for await (const places of placesIn(this.#deps.file))
      for (const place of places) if (await this.#isInLog(place)) return place;
    const noted = await this.#noted();
    return noted && (await this.#isInLog(noted)) ? noted : START;
  }

  /** Else the database was restored to a time before it. */
  async #isInLog({ sequence, uid }: Place): Promise<boolean> {
    const link = await this.#deps.stores.auditChain.find(sequence);
    return link?.entryId === uid;
  }

  get #noteFile(): string {
    return `${this.#deps.file}.position`;
  }

  async #noted(): Promise<Place | undefined> {
    const text = await readFile(this.#noteFile, 'utf8').catch(() => '{}');
    return placeSchema.safeParse(parsed(text)).data;
  }

  /** Whole or not at all. */
  async #note(): Promise<void> {
    const text = `${JSON.stringify(this.#written)}\n`;
    await writeFile(`${this.#noteFile}.new`, text, { mode: OWNER_ONLY, flush: true });
    await renameDurably(`${this.#noteFile}.new`, this.#noteFile);
  }
}

/** The places in its lines, the last ones first. It cuts off half a line at the end. */
async function* placesIn(file: string): AsyncIterable<readonly Place[]> {
  const handle = await open(file, 'r+').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return;
  try {
    let end = (await handle.stat()).size;
    let isEnd = true;
    /** The rest of a line that begins further ahead. */
    let rest = Buffer.alloc(0);
    while (end > 0) {
      const start = Math.max(0, end - PART_BYTES);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(end - start), {
        position: start,
      });
      let part = Buffer.concat([buffer.subarray(0, bytesRead), rest]);
      if (isEnd) {
        const whole = part.lastIndexOf('\n') + 1;
        if (whole < part.length) await handle.truncate(start + whole);
        part = part.subarray(0, whole);
        isEnd = false;
      }
      const first = start === 0 ? 0 : part.indexOf('\n') + 1 || part.length;
      rest = part.subarray(0, first);
      const lines = part.subarray(first).toString('utf8').split('\n').toReversed();
      yield lines.flatMap((text) => line.safeParse(parsed(text)).data?.metadata ?? []);
      end = start;
    }
  } finally {
    await handle.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
