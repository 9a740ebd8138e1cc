import { createMemory } from '../../src/store/memory/stores.ts';
import { storesContract } from './stores.ts';

storesContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
