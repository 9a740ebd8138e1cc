import { createMemory } from '../../../src/store/memory/stores.ts';
import { syncContract } from './sync.ts';

syncContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
