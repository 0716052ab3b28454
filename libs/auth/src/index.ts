export {
  anonymous,
  service,
  type AnonymousPrincipal,
  type Principal,
  type RobotGrant,
  type RobotPrincipal,
  type ServicePrincipal,
  type UserPrincipal,
} from './principal.js';
