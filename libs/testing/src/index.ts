export { createTestDatabase, type TestDatabase } from './database.js';
export {
  apiRecordsFolder,
  fuzzWishes,
  goToolsFolder,
  interleavingWishes,
  setEnvironment,
  testRedisUrl,
} from './environment.js';
