import type { PeerCertificate } from 'node:tls';

/** The name that a service's certificate carries for clients to verify, whatever address it is reached at. */
export const serverNameOf = (service: string): string => `${service}.souk.internal`;

const spiffeUri = /(?:^|, )URI:spiffe:\/\/souk\/([a-z0-9-]+)(?=,|$)/;

/**
 * Which of our services a verified certificate was issued to, by its SPIFFE id (https://spiffe.io, a URI among the
 * subject's alternative names); undefined when it was issued to none.
 */
export function serviceOfCertificate(
  certificate: Pick<PeerCertificate, 'subjectaltname'> | undefined,
): string | undefined {
  // Node quotes a name that holds a comma or a quote, so that no name can pass for two.
  return spiffeUri.exec(certificate?.subjectaltname ?? '')?.[1];
}
