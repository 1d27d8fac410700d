import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import {
  credentials,
  experimental,
  ServerCredentials,
  type ChannelCredentials,
  type ChannelOptions,
  type Server,
} from '@grpc/grpc-js';
import {
  guardTlsServer,
  mutualTlsOptions,
  serverNameOf,
  serviceOfCertificate,
  type Certificates,
  type RefusalLog,
} from '../auth/index.js';

type CertificateProvider = Parameters<typeof experimental.createCertificateProviderChannelCredentials>[0];

/** What a channel to `peer` takes: with certificates mutual TLS, verifying the peer's name and not its address. */
export function channelSecurity(
  peer: string,
  certificates: Certificates | undefined,
): { credentials: ChannelCredentials; options: ChannelOptions } {
  if (!certificates) return { credentials: credentials.createInsecure(), options: {} };
  const provider = providerOf(certificates);
  return {
    credentials: experimental.createCertificateProviderChannelCredentials(provider, provider, {}),
    options: { 'grpc.ssl_target_name_override': serverNameOf(peer) },
  };
}

/** The service whose certificate a call's connection showed; undefined without TLS. */
export function certifiedPeerOf(call: {
  getAuthContext(): { sslPeerCertificate?: { subjectaltname?: string } };
}): string | undefined {
  const certificate = call.getAuthContext().sslPeerCertificate;
  return certificate && (serviceOfCertificate(certificate) ?? '');
}

/**
 * Has `server` answer on a TLS listener of ours: grpc-js' own would drop a refused connection without a word.
 * @returns the port, and how to take in no more connections
 */
export async function listenWithTls(
  server: Server,
  at: { host: string; port: number },
  deps: { certificates: Certificates; refusals: RefusalLog },
): Promise<{ port: number; close(): void }> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer({ ...mutualTlsOptions(deps.certificates), ALPNProtocols: ['h2'] });
  const endRenewal = guardTlsServer(listener, { ...deps, door: 'gRPC' });
  listener.on('secureConnection', (socket) => {
    if (socket.destroyed) return;
    socket.on('error', () => {
      socket.destroy();
    });
    injector.injectConnection(socket);
  });
  listener.listen(at.port, at.host);
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    close: () => {
      endRenewal();
      listener.close();
    },
  };
}

/** Tells grpc-js of the certificates and of each change of theirs. */
function providerOf(certificates: Certificates): CertificateProvider {
  const endings = new Map<unknown, () => void>();
  const follow = <Update>(
    listener: (update: Update) => void,
    updateOf: (material: Certificates['current']) => Update,
  ) => {
    const tell = () => {
      listener(updateOf(certificates.current));
    };
    // grpc-js listens for the outcome only after it has asked.
    process.nextTick(tell);
    endings.set(listener, certificates.onChange(tell));
  };
  const leave = (listener: unknown) => {
    endings.get(listener)?.();
    endings.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) => {
      follow(listener, ({ ca }) => ({ caCertificate: ca }));
    },
    addIdentityCertificateListener: (listener) => {
      follow(listener, ({ cert, key }) => ({ certificate: cert, privateKey: key }));
    },
    removeCaCertificateListener: leave,
    removeIdentityCertificateListener: leave,
  };
}
