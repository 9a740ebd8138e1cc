import { createMemory } from '../../../src/store/memory/stores.ts';
import { settingUpContract } from './setting-up.ts';

settingUpContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
