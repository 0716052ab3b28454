export { createTestDatabase, type TestDatabase } from './database.js';
export { setEnvironment, testRedisUrl } from './environment.js';
