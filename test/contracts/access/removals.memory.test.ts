import { createMemory } from '../../../src/store/memory/stores.ts';
import { removalsContract } from './removals.ts';

removalsContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
