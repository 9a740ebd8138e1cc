/** Everything here uses private parts of `pg`. `test/store/pg-internals.test.ts` fails when they change. */
import type { Socket } from 'node:net';
import type { ClientBase } from 'pg';
import { onceFor } from '../core/once-for.ts';

/** The properties that we use. The client's types don't have them. */
interface OpenClient {
  /** False from a query to the end of its answer. */
  readonly readyForQuery: boolean;
  readonly connection: { readonly stream: Socket };
}

export interface ClientConnection {
  readonly stream: Socket;
  /** Whether no query is running. */
  readonly isIdle: () => boolean;
}

export function connectionOf(client: ClientBase): ClientConnection {
  const open = client as unknown as OpenClient;
  return { stream: open.connection.stream, isIdle: () => open.readyForQuery };
}

/** What of a connection of `pg` sends statements. */
interface Sender {
  readonly stream: Socket;
  /** Texts by name. */
  readonly parsedStatements: Record<string, string | undefined>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(statement: { readonly statement: string; readonly values: readonly PlainValue[] }): void;
  describe(what: { readonly type: 'P' }): void;
  execute(): void;
  sync(): void;
  sendCopyFail(why: string): void;
}

/** As the server gets it. */
export type PlainValue = string | null;

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

type TypeNumber = Parameters<ClientBase['getTypeParser']>[0];

/** What a query answers, as `pg` names it. */
interface Answered {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: readonly Row[];
}
type Row = Record<string, unknown>;

/** By name. An empty list: it has no rows. */
const columnsOn = onceFor((_connection: Sender) => new Map<string, readonly Column[]>());

/** As PostgreSQL says it of a statement that has not run. Behind a pooler, this one has. */
export class OtherColumns extends Error {
  readonly code = '0A000';
  constructor() {
    super('cached plan must not change result type');
    this.name = 'OtherColumns';
  }
}

interface Named {
  readonly name: string;
  readonly text: string;
  readonly values: readonly PlainValue[];
}

/**
 * A statement that has a name and no values but texts. `pg`'s own is an emitter of events with a copy of its settings, and lets the
 * server describe its rows each time, which takes longer than sending it. They stay the same as long as the connection has the name:
 * a server whose tables have changed refuses it. Behind a pooler another connection of the server may have it
 * with other columns, so the values of a row are counted.
 *
 * `pg` calls what is public here.
 */
export class NamedStatement implements Named {
  readonly name: string;
  readonly text: string;
  readonly values: readonly PlainValue[];
  readonly callback: (error: Error | null, answered?: Answered) => void;
  readonly #client: ClientBase;
  #columns: readonly Column[] | undefined;
  #described: readonly Column[] = [];
  readonly #rows: Row[] = [];
  #command = '';
  #rowCount: number | null = null;
  /** Of a value that can't be read. */
  #failure: Error | undefined;

  constructor(
    client: ClientBase,
    { name, text, values }: Named,
    callback: NamedStatement['callback'],
  ) {
    this.name = name;
    this.text = text;
    this.values = values;
    this.callback = callback;
    this.#client = client;
  }

  submit(connection: object): null {
    const sender = connection as Sender; // `pg`'s type of it leaves parts out.
    const { name, text, values } = this;
    const { stream, parsedStatements, submittedNamedStatements: submitted } = sender;
    this.#columns = columnsOn(sender).get(name);
    stream.cork();
    try {
      if (parsedStatements[name] === undefined && submitted[name] === undefined) {
        sender.parse({ name, text });
        submitted[name] = text;
      }
      sender.bind({ statement: name, values });
      if (!this.#columns) sender.describe({ type: 'P' });
      sender.execute();
      sender.sync();
    } finally {
      stream.uncork();
    }
    return null;
  }

  handleRowDescription({
    fields,
  }: {
    readonly fields: readonly { readonly name: string; readonly dataTypeID: TypeNumber }[];
  }): void {
    this.#described = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#client.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
  }

  handleDataRow({ fields }: { readonly fields: readonly PlainValue[] }): void {
    if (this.#failure) return;
    const columns = this.#columns ?? this.#described;
    const row: Row = {};
    try {
      if (fields.length !== columns.length) throw new OtherColumns();
      for (let at = 0; at < columns.length; at += 1) {
        const { name, parse } = columns[at] as Column; // It is within the list.
        const text = fields[at];
        row[name] = text === null || text === undefined ? null : parse(text);
      }
      this.#rows.push(row);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  /** Such as `INSERT 0 5`, `UPDATE 2`. */
  handleCommandComplete({ text }: { readonly text: string }, connection: Sender): void {
    const [command = '', ...counts] = text.split(' ');
    const count = counts.at(-1);
    this.#command = command;
    this.#rowCount = count === undefined ? null : Number(count);
    if (!this.#columns) columnsOn(connection).set(this.name, this.#described);
  }

  handleReadyForQuery(): void {
    if (this.#failure) return this.callback(this.#failure);
    this.callback(null, { command: this.#command, rowCount: this.#rowCount, rows: this.#rows });
  }

  handleError(error: Error): void {
    this.callback(this.#failure ?? error);
  }

  handleCopyInResponse(connection: Sender): void {
    connection.sendCopyFail('There is nothing to copy');
  }

  // Answers that other statements get.
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyData(): void {}
}
