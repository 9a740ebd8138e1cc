import { createMemory } from '../../../src/store/memory/stores.ts';
import { factClaimsContract } from './fact-claims.ts';

factClaimsContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
