import { createJobDriver } from '../../../src/store/queue/job-driver.ts';
import { postgresOfItsOwn } from '../../support/peers/postgres.ts';
import { until } from '../../support/until.ts';
import { jobRunnerContract } from './job-runner.ts';

jobRunnerContract(async () => {
  const { db, transact, cleanup } = await postgresOfItsOwn();
  const jobs = () => db('graphile_worker._private_jobs');
  return {
    jobs: createJobDriver(db),
    transact,
    async makeAllDue(now) {
      await until(async () => (await jobs().whereNotNull('locked_at')).length === 0);
      await jobs().update({ run_at: now });
    },
    left: async () =>
      (
        await jobs().where((job) =>
          job.whereRaw('attempts < max_attempts').orWhereNotNull('locked_at'),
        )
      ).length,
    buried: () =>
      jobs().whereRaw('attempts >= max_attempts').whereNull('locked_at').pluck('last_error'),
    cleanup,
  };
});
