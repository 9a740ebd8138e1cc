import { createMemory } from '../../../src/store/memory/stores.ts';
import { runOutputContract } from './run-output.ts';

runOutputContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
