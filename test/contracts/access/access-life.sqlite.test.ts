import { temporaryDatabase } from '../../support/database/database.ts';
import { accessLifeContract } from './access-life.ts';

accessLifeContract((now) => temporaryDatabase(now));
