import { temporaryPostgres } from '../support/peers/postgres.ts';
import { storesContract } from './stores.ts';

storesContract((now) => temporaryPostgres(now));
