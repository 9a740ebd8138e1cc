/** The demo's company with Latchkey as operators run it. */
import {
  environmentOf,
  furnish,
  startThirdParties,
  type ThirdParties,
} from '../../../demo/company.ts';
import type { Environment } from '../../../src/config/variables.ts';
import { type MainProcess, startMainProcess } from './main-process.ts';

export interface CompanyProcess extends Omit<ThirdParties, 'close'>, MainProcess {}

/** Needs the build. */
export async function startCompanyProcess(environment: Environment): Promise<CompanyProcess> {
  const quick = { delay: () => Promise.resolve(), failsWrite: () => false, looksUntilReady: 1 };
  const thirdParties = await startThirdParties(quick);
  const main = await startMainProcess((at) => environmentOf({ ...at, environment }, thirdParties));
  await furnish(main.foundation, thirdParties);
  return {
    ...thirdParties,
    ...main,
    async stop(signal) {
      await main.stop(signal);
      await thirdParties.close();
    },
  };
}
