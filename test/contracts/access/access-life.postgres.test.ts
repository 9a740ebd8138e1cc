import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { accessLifeContract } from './access-life.ts';

accessLifeContract((now) => temporaryPostgres(now));
