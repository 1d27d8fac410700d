import type { Server as TlsServer, TLSSocket, TlsOptions } from 'node:tls';
import { ServiceError } from '../errors/index.js';
import type { Certificates } from './certificates.js';
import { serviceOfCertificate } from './peer-name.js';
import type { ServicePrincipal } from './principal.js';
import type { RefusalLog } from './refusals.js';

/** A server's side of mutual TLS: both ends show a certificate of our own authority. */
export const mutualTlsOptions = ({ current }: Certificates): TlsOptions => ({
  ...current,
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.2',
});

/**
 * Keeps a TLS server's certificate fresh, lets nobody in whose certificate names no service of ours, and has the
 * reason of each refusal logged.
 * @param door what the log calls this server
 * @returns ends the renewal
 */
export function guardTlsServer(
  server: TlsServer,
  { certificates, refusals, door }: { certificates: Certificates; refusals: RefusalLog; door: string },
): () => void {
  const refuse = (reason: string) => {
    const error = new ServiceError('unauthenticated', `TLS refused: ${reason}`);
    refusals.refused({ method: door, caller: undefined, error });
  };
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (serviceOfCertificate(socket.getPeerCertificate()) !== undefined) return;
    refuse('the certificate names no service of ours');
    socket.destroy();
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    // Node names the failed check on the socket, and calls the error itself a reset.
    const check = socket.authorizationError as unknown as string | null | undefined;
    const isGone = error.code === 'ECONNRESET' && !check;
    if (!isGone) refuse(check ?? error.code ?? error.message);
  });
  return certificates.onChange((material) => {
    server.setSecureContext(material);
  });
}

/**
 * A service token is good only on the connection of the service that it names.
 * @param certified the service of the connection's certificate, undefined without TLS
 * @throws `unauthenticated`
 */
export function assertCertified(peer: ServicePrincipal, certified: string | undefined): ServicePrincipal {
  if (certified === undefined || certified === peer.service) return peer;
  throw new ServiceError('unauthenticated', 'The service token is not valid.', {
    cause: new Error(`the token names ${peer.service}, the certificate ${certified}`),
  });
}
