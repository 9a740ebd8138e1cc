import { createJobDriver } from '../../../src/store/queue/job-driver.ts';
import { temporaryDatabase } from '../../support/database/database.ts';
import { until } from '../../support/until.ts';
import { jobRunnerContract } from './job-runner.ts';

jobRunnerContract(async () => {
  const { db, transact, cleanup } = await temporaryDatabase();
  const jobs = () => db('jobs');
  return {
    jobs: createJobDriver(db),
    transact,
    async makeAllDue(now) {
      await until(async () => (await jobs().whereNotNull('leased_until')).length === 0);
      await jobs().update({ due_at: now.getTime() });
    },
    left: async () => (await jobs().whereNull('buried_at')).length,
    buried: () => jobs().whereNotNull('buried_at').pluck('error'),
    cleanup,
  };
});
