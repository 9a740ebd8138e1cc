import { createMemory } from '../../../src/store/memory/stores.ts';
import { directoryContract } from './directory.ts';

directoryContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
