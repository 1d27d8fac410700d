export { createAuthority, issueCertificate, type CertificateRequest, type KeyPair } from './authority.js';
export { keepCertificates } from './folder.js';
