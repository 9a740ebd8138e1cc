import { temporaryDatabase } from '../support/database/database.ts';
import { storesContract } from './stores.ts';

storesContract((now) => temporaryDatabase(now));
