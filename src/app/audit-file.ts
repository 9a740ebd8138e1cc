/**
 * The audit log as JSON lines (OCSF) in a file, for whatever collects logs. Lines are only appended, in the order of the sealed
 * entries, and the file is opened again each time, so a rotation needs no signal. The last line says how far it got: after a
 * crash half a line is cut off, and nothing is missing or there twice. After a rotation, and before the next line, a small file beside it
 * says the same. Several processes may have one file: who writes holds `FILE.lock`, and looks again how far the file is.
 */
import { open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Person } from '../engine/people/directory.ts';
import type { Stores } from '../engine/ports/unit-of-work.ts';
import { ocsfOf } from '../engine/work/ocsf.ts';
import { VERSION } from '../version.ts';

/** In memory at once. */
const AT_ONCE = 250;
/** In one call; the next one goes on. */
const MAX_BATCHES = 40;
/** Longer than any line. */
const TAIL_BYTES = 256 * 1024;
const OWNER_ONLY = 0o600;
/** Much longer than a batch takes: the process that held the lock has died. */
const LOCK_MS = 60_000;

const line = z.object({ metadata: z.object({ sequence: z.number().int() }) });
const position = z.object({ sequence: z.number().int() });

export interface AuditFileDeps {
  readonly stores: Pick<Stores, 'auditChain' | 'people' | 'integrations'>;
  /** An absolute path. */
  readonly file: string;
}

export class AuditFile {
  readonly #deps: AuditFileDeps;
  #written = 0;
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
      if ((head?.seq ?? 0) <= this.#written) return; // Nothing new.
      if (!(await this.#lock())) return; // Another process writes it now. The next call looks again.
      try {
        this.#written = Math.max(this.#written, await this.#found());
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
    if (held && Date.now() - held.mtimeMs < LOCK_MS) return false;
    if (held) await rm(this.#lockFile, { force: true });
    try {
      await writeFile(this.#lockFile, '', { flag: 'wx', mode: OWNER_ONLY });
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  }

  /** @returns whether there may be more */
  async #writeSome(): Promise<boolean> {
    const { stores, file } = this.#deps;
    const entries = await stores.auditChain.entriesAfter(this.#written, AT_ONCE);
    if (entries.length === 0) return false;
    const people = await namesOf(entries, stores);
    const integrations = new Map((await stores.integrations.list()).map((each) => [each.id, each]));
    const lines = entries.map(({ seq, entry }) =>
      JSON.stringify(
        ocsfOf({
          entry,
          seq,
          version: VERSION,
          person: (id) => people.get(id),
          integration: (id) => integrations.get(id),
        }),
      ),
    );
    const handle = await open(file, 'a', OWNER_ONLY);
    try {
      await handle.appendFile(`${lines.join('\n')}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    this.#written = entries.at(-1)?.seq ?? this.#written;
    await this.#note();
    return entries.length === AT_ONCE;
  }

  /** How far the file got: by its last whole line, else by the file beside it. Another process may have written since. */
  async #found(): Promise<number> {
    return (await lastIn(this.#deps.file)) ?? (await this.#noted()) ?? 0;
  }

  get #noteFile(): string {
    return `${this.#deps.file}.position`;
  }

  async #noted(): Promise<number | undefined> {
    const text = await readFile(this.#noteFile, 'utf8').catch(() => '{}');
    return position.safeParse(parsed(text)).data?.sequence;
  }

  /** Whole or not at all. */
  async #note(): Promise<void> {
    const text = `${JSON.stringify({ sequence: this.#written })}\n`;
    await writeFile(`${this.#noteFile}.new`, text, { mode: OWNER_ONLY });
    await rename(`${this.#noteFile}.new`, this.#noteFile);
  }
}

async function namesOf(
  entries: readonly {
    readonly entry: {
      readonly personId?: string;
      readonly actor: { readonly kind: string; readonly personId?: string };
    };
  }[],
  { people }: Pick<Stores, 'people'>,
): Promise<ReadonlyMap<string, Person>> {
  const ids = entries.flatMap(({ entry }) =>
    [entry.personId ?? [], entry.actor.personId ?? []].flat(),
  );
  const found = await people.findMany([...new Set(ids)]);
  return new Map(found.map((person) => [person.id, person]));
}

/** The place in the last whole line. It cuts off half a line. Undefined: there is no file, or no line of ours. */
async function lastIn(file: string): Promise<number | undefined> {
  const handle = await open(file, 'r+').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { bytesRead, buffer } = await handle.read(
      Buffer.alloc(size - start),
      0,
      size - start,
      start,
    );
    const tail = buffer.subarray(0, bytesRead);
    const end = tail.lastIndexOf('\n') + 1;
    if (start + end < size) await handle.truncate(start + end);
    const before = tail.subarray(0, Math.max(0, end - 1));
    const last = before.subarray(before.lastIndexOf('\n') + 1).toString('utf8');
    return line.safeParse(parsed(last)).data?.metadata.sequence;
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
