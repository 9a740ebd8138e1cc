import { temporaryDatabase } from '../support/database.ts';
import { directoryContract } from './directory.ts';

directoryContract((now) => temporaryDatabase(now));
