/**
 * Units of work that are ready at the same moment share one transaction on SQLite. The disk syncs once for all of them, which
 * is most of what a short transaction costs.
 *
 * - A *unit* is the work of one `transact`. A *group* is one `BEGIN IMMEDIATE … COMMIT`. Units of a group run one after another,
 *   so none sees half of another, and they resolve when the disk has all.
 * - When anything in a group fails, all of it is rolled back, and its units run again, each in a transaction of its own. So a unit
 *   that fails doesn't fail its neighbours, and savepoints, which would cost each unit two statements, aren't needed. Units may
 *   run again anyway (decision 65).
 * - A COMMIT that fails because of the disk fails the whole group: the next one would fail, too. One that fails because of a
 *   constraint that is checked then is the fault of one unit.
 * - When the transaction can't begin, every unit that waits fails. Each would have to wait as long again.
 * - A unit that someone waits for goes before the others. Its group takes one of these along, so they go on, too, and ends
 *   when no more such units wait.
 * - While a unit waits for anything but the database, all others wait with it. A `transact` inside a unit would wait for ever, so
 *   the unit of work refuses it.
 */
import { AsyncResource } from 'node:async_hooks';
import type { Knex } from 'knex';
import { codeOf } from '../../core/error-code.ts';
import { onceFor } from '../../core/once-for.ts';
import { inTransaction } from '../database.ts';

type Work<T> = (tx: Knex.Transaction) => Promise<T>;

interface Unit {
  /** Someone waits for its commit. */
  readonly isUrgent: boolean;
  readonly work: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A group keeps other processes from writing. They wait for about as long as for one large transaction. */
const MAX_UNITS = 32;
const MAX_MS = 20;

const isOther = ({ isUrgent }: Unit): boolean => !isUrgent;

type InGroup = <T>(work: Work<T>, isUrgent: boolean) => Promise<T>;

const groupsOf = onceFor(groupsOn);

/** Runs the unit in a group with all others of this process on that database. */
export const inGroup = <T>(db: Knex, work: Work<T>): Promise<T> => groupsOf(db)(work, false);

/** The same, before all that wait, and soon committed: an acknowledgement waits for it. */
export const inGroupNow = <T>(db: Knex, work: Work<T>): Promise<T> => groupsOf(db)(work, true);

function groupsOn(db: Knex): InGroup {
  const waiting: Unit[] = [];
  let isWorking = false;

  async function workOnAll(): Promise<void> {
    isWorking = true;
    while (waiting.length > 0) await commitGroup();
    isWorking = false;
  }

  /** Never rejects: each error belongs to a unit. */
  async function commitGroup(): Promise<void> {
    const ended: { readonly unit: Unit; readonly value: unknown }[] = [];
    let running: Unit | undefined;
    const takeNext = (): Unit | undefined => {
      const at = takesOneAlong() ? waiting.findIndex(isOther) : 0;
      return (running = waiting.splice(at, 1)[0]);
    };
    const takesOneAlong = (): boolean =>
      ended.length > 0 && !ended.some(({ unit }) => isOther(unit)) && waiting.some(isOther);
    const isAwaited = (): boolean =>
      ended.some(({ unit }) => unit.isUrgent) && !waiting[0]?.isUrgent;
    try {
      await inTransaction(db, async (tx) => {
        const until = performance.now() + MAX_MS;
        // Units that became ready since then are in it, too.
        for (let unit = takeNext(); unit; unit = isFull() ? undefined : takeNext())
          ended.push({ unit, value: await unit.work(tx) });
        running = undefined;

        function isFull(): boolean {
          if (takesOneAlong()) return false;
          return ended.length >= MAX_UNITS || performance.now() >= until || isAwaited();
        }
      });
      for (const { unit, value } of ended) unit.resolve(value);
    } catch (error) {
      const units = [...ended.map(({ unit }) => unit), ...(running ? [running] : [])];
      if (units.length === 0)
        units.push(...waiting.splice(0)); // It never began.
      else if (units.length > 1 && (running || isConstraint(error))) {
        for (const { work, resolve, reject } of units)
          await inTransaction(db, work).then(resolve, reject);
        return;
      }
      for (const { reject } of units) reject(error);
    }
  }

  return <T>(work: Work<T>, urgent: boolean) =>
    new Promise<T>((resolve, reject) => {
      // The unit that began the group may belong to another person: each keeps its own language and trace.
      const caller = new AsyncResource('unit of work');
      const place = urgent ? waiting.findIndex(isOther) : -1;
      waiting.splice(place < 0 ? waiting.length : place, 0, {
        isUrgent: urgent,
        work: (tx) => caller.runInAsyncScope(work, undefined, tx),
        resolve: resolve as (value: unknown) => void, // It resolves with what its own work gives.
        reject,
      });
      if (!isWorking) void workOnAll();
    });
}

const isConstraint = (error: unknown): boolean => codeOf(error) === 'SQLITE_CONSTRAINT';
