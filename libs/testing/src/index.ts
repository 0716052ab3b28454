export { createTestDatabase, type TestDatabase } from './database.js';
export { apiRecordsFolder, fuzzWishes, setEnvironment, testRedisUrl } from './environment.js';
