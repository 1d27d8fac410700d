export { assertMayRead, isAdmin, type ServicePrincipal, type UserPrincipal } from './principal.js';
export { openCertificates, type Certificates, type KeyMaterial } from './certificates.js';
export { assertCertified, guardTlsServer, mutualTlsOptions } from './mutual-tls.js';
export { serverNameOf, serviceOfCertificate } from './peer-name.js';
export { createRefusalLog, type RefusalLog } from './refusals.js';
export { createJwksSource } from './jwks-source.js';
export {
  createTokenVerifier,
  keysOfJwks,
  signToken,
  type Algorithm,
  type Jwks,
  type KeySource,
  type SigningKey,
  type TokenClaims,
  type TokenKind,
  type TokenVerifier,
} from './tokens.js';
export {
  createServiceTokens,
  createServiceVerifier,
  type ServiceTokens,
  type ServiceVerifier,
} from './service-tokens.js';
export {
  accessToken,
  accessTokenSeconds,
  createUserVerifier,
  issueAccessToken,
  type UserVerifier,
} from './user-tokens.js';
