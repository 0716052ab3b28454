// For services without a database: nothing here loads one.
export { internalAuthorization, isInternalAuthorization } from './internal-credential.js';
export { service, type ServicePrincipal } from './principal.js';
