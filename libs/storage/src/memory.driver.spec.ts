import { blobStoreCases } from './blob-store.cases.js';
import { MemoryBlobStore } from './memory.driver.js';

describe('MemoryBlobStore', () => {
  blobStoreCases(() => Promise.resolve(new MemoryBlobStore()));
});
