import { StaleWrite } from '../../src/engine/ports/store.ts';
import type { UnitOfWork } from '../../src/engine/ports/unit-of-work.ts';

/** As PostgreSQL ends a deadlock: the first transaction does its work, and is ended before it commits. */
export function endedOnce(transact: UnitOfWork): UnitOfWork {
  let left = 1;
  return (work) =>
    transact(async (tx) => {
      const result = await work(tx);
      if (left-- > 0) throw new StaleWrite('a row', 'that another transaction wrote');
      return result;
    });
}
