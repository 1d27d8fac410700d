import { buildConnector } from 'undici';
import { serverNameOf, type Certificates, type KeyMaterial } from '../auth/index.js';

const connectTimeoutMs = 2000;

/**
 * Opens connections by mutual TLS with the certificate of the moment, verifying the peer's name and not its address.
 * @param serviceAt which service listens at an origin's `host:port`
 */
export function createTlsConnector(
  certificates: Certificates,
  serviceAt: (host: string) => string,
): buildConnector.connector {
  const connectors = new WeakMap<KeyMaterial, buildConnector.connector>();
  const connectorOf = (material: KeyMaterial): buildConnector.connector => {
    const connector = connectors.get(material) ?? buildConnector({ ...material, timeout: connectTimeoutMs });
    connectors.set(material, connector);
    return connector;
  };
  return (options, callback) => {
    const servername = serverNameOf(serviceAt(options.host ?? `${options.hostname}:${options.port}`));
    connectorOf(certificates.current)({ ...options, servername }, (...outcome) => {
      const [error] = outcome;
      // undici would connect again and again for a name that it did not choose itself.
      if (isWrongName(error)) callback(new Error(error.message, { cause: error }), null);
      else callback(...outcome);
    });
  };
}

const isWrongName = (error: Error | null): error is Error =>
  error !== null && 'code' in error && error.code === 'ERR_TLS_CERT_ALTNAME_INVALID';
