import { temporaryPostgres } from '../support/postgres.ts';
import { storesContract } from './stores.ts';

storesContract((now) => temporaryPostgres(now));
