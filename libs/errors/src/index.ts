export { AppError, type ErrorCode } from './app-error.js';
export { catalogue, type CatalogueEntry } from './catalogue.js';
export { Errors } from './errors.js';
export { renderHarbor, renderOci, type WireError } from './render.js';
