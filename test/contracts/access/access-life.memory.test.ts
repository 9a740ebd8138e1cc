import { createMemory } from '../../../src/store/memory/stores.ts';
import { accessLifeContract } from './access-life.ts';

accessLifeContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
