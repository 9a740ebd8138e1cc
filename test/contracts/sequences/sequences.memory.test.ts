import { createMemory } from '../../../src/store/memory/stores.ts';
import { sequencesContract } from './sequences.ts';

sequencesContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
