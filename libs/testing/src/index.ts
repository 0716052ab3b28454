export { createTestDatabase, type TestDatabase } from './database.js';
export { apiRecordsFolder, fuzzWishes, goToolsFolder, setEnvironment, testRedisUrl } from './environment.js';
