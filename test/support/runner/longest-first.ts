/** The order of the test files: those that take longest come first, so that no worker is left with one when the others have ended. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Vitest knows the times of a run before, and goes by size where there was none. These are slow whatever their size. */
const SLOW =
  /\/test\/(e2e|hostile|conformance)\/|\/(plays|access-life-year|deleting-integrations|setting-up-fits|manifests)\.test\.ts$/;

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- Vitest's own, which returns a new array.
    const sorted = await super.sort(files);
    const [slow, others] = [true, false].map((is) =>
      sorted.filter(({ moduleId }) => SLOW.test(moduleId) === is),
    );
    return [...(slow ?? []), ...(others ?? [])];
  }
}
