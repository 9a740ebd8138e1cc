import { createMemory } from '../../../src/store/memory/stores.ts';
import { storedNamesContract } from './stored-names.ts';

storedNamesContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
