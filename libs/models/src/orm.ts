// What core adds to the plain SQL of the index: TypeORM. An entry of its own, so that services without it do not load it.
export { createDataSource, ModelStore, type Transaction } from './database/data-source.js';
export * from './entity/index.js';
