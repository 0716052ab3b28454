export { createTestDatabase, type TestDatabase } from './database.js';
export { apiRecordsFolder, setEnvironment, testRedisUrl } from './environment.js';
