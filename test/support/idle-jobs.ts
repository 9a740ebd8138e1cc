import type { JobHandlers } from '../../src/store/queue/job-runner.ts';

const idle = async () => undefined;

/** A worker that does nothing. Tests replace the jobs that they are about. */
export const idleJobs: JobHandlers = {
  'run.advance': idle,
  'access.check': idle,
  'access.discover': idle,
  'review.advance': idle,
  'options.fetch': idle,
  'request.route': idle,
  'message.refresh': idle,
  'message.post': idle,
  'delivery.send': idle,
  'notice.post': idle,
  'people.import': idle,
  'sync.advance': idle,
  'accounts.advance': idle,
  'fact.ask': idle,
  'grant.cancelled': idle,
  'requests.re-evaluate': idle,
  'sequences.replan': idle,
  'person.erase': idle,
  'removal.advance': idle,
  'removal.ended': idle,
  'removal.reconsider': idle,
  'removal.notify': idle,
  'removals.expedite': idle,
  'integration.empty': idle,
  'integration.stop-grants': idle,
  'sequence.start': idle,
  'sequence.batch': idle,
  'transition.follow': idle,
  'rules.evaluate': idle,
  'audit.seal': idle,
  'audit.mail-head': idle,
  purge: idle,
};
