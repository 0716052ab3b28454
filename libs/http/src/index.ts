import './request.js';

export { createClientErrorHandler } from './client-error.js';
export { AccessGuard } from './access.guard.js';
export { AccessService, isSystemAdmin, refusal, type ProjectAccess } from './access.service.js';
export { badRequest, parseBody } from './body.js';
export { createHttpApp, type HttpApp, type HttpAppOptions } from './bootstrap.js';
export {
  createErrorResponder,
  toAppError,
  type ErrorLog,
  type ErrorResponder,
  type RenderError,
} from './error-responder.js';
export { HarborErrorFilter } from './harbor-error.filter.js';
export { installHealthRoutes } from './health.js';
export {
  parseFilters,
  parseListQuery,
  parseSort,
  type Filter,
  type ListQuery,
  type Page,
  type SortKey,
} from './list-query.js';
export {
  buildListSql,
  orderSql,
  type ListField,
  type ListShape,
  type ListSql,
  type OrderKey,
} from './list-query.sql.js';
export { sendCreated } from './location.js';
export { installMetricsRoute } from './metrics.js';
export { nestLog } from './nest-log.js';
export {
  authenticated,
  inProject,
  inSystem,
  internal,
  open,
  openRoute,
  Operation,
  operationOf,
  selfOrSystem,
  systemAdmin,
  type Access,
  type OperationOptions,
} from './operation.decorator.js';
export { pageLinks, sendPage, type PageOf } from './page-links.js';
export {
  CurrentPrincipal,
  CurrentProject,
  CurrentRoles,
  IdParam,
  JsonBody,
  Listing,
  Reply,
  RepositoryName,
  repositoryNameParam,
} from './param.decorator.js';
export { compact, dateTime, keep } from './present.js';
export {
  PROJECT_DIRECTORY,
  projectKey,
  type ProjectDirectory,
  type ProjectIdentity,
  type ProjectKey,
} from './project-directory.js';
export { booleanParam, integerParam, isTruth, textParam } from './query-params.js';
export { REQUEST_ID_HEADER, requestIdFrom } from './request-id.js';
export { installRequestSpans } from './request-spans.js';
export { RouteTable, type RouteDescription } from './route-table.js';
export { drain, stopOnSignals } from './shutdown.js';
export { createServiceApp, type ServiceApp } from './service-app.js';
export { createNest } from './create-nest.js';
