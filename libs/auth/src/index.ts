export {
  registryService,
  signAccessToken,
  tokenIssuer,
  verifyAccessToken,
  type IssuedToken,
  type SigningKey,
  type TokenAccess,
  type TokenClaims,
} from './access-token.js';
export { parseBasicCredentials, type BasicCredentials } from './basic-credentials.js';
export { internalAuthorization, isInternalAuthorization } from './internal-credential.js';
export { hashPassword, isOutdatedHash, verifyPassword } from './password.js';
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
export { fingerprint, SecretBox } from './secret-box.js';
export { ensureSigningKey, keyIdOf, loadSigningKey, VerificationKeys } from './signing-keys.js';
