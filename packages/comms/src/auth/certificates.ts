import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

/** What a service shows and trusts in TLS: PEM, the key as PKCS #8. */
export interface KeyMaterial {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A service's certificate, its key and the authority it trusts, as they are at this moment. */
export interface Certificates {
  readonly current: KeyMaterial;
  /** When the certificate shown ends to hold. */
  readonly validUntil: Date;
  /** @param listener told of new ones until the function that is returned is called */
  onChange(listener: (material: KeyMaterial) => void): () => void;
  close(): void;
}

export interface CertificatesOptions {
  /** Holds `ca.pem`, `cert.pem` and `key.pem`. */
  readonly folder: string;
  readonly onError: (error: Error) => void;
  /** How often the files are looked at; every 2 s unless given. */
  readonly lookEveryMs?: number;
}

const usualLookMs = 2000;
const files = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;

/**
 * Opens a folder of certificates and follows its changes, so that they are renewed without a restart. Files that do
 * not belong together, as while they are being replaced, change nothing until they do.
 * @throws an Error whose one sentence says which file is missing or wrong
 */
export function openCertificates(options: CertificatesOptions): Certificates {
  const { folder } = options;
  const listeners = new Set<(material: KeyMaterial) => void>();
  let seen = stampOf(folder);
  let current = read(folder);

  const look = () => {
    try {
      const stamp = stampOf(folder);
      if (stamp === seen) return;
      const next = read(folder);
      seen = stamp;
      current = next;
      for (const listener of listeners) listener(next);
    } catch (error) {
      options.onError(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const looking = setInterval(look, options.lookEveryMs ?? usualLookMs).unref();
  return {
    get current() {
      return current;
    },
    get validUntil() {
      return new Date(new X509Certificate(current.cert).validTo);
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => {
      clearInterval(looking);
    },
  };
}

const stampOf = (folder: string): string =>
  Object.values(files)
    .map((name) => {
      const { mtimeMs, size, ino } = statSync(join(folder, name));
      return `${String(mtimeMs)} ${String(size)} ${String(ino)}`;
    })
    .join();

function read(folder: string): KeyMaterial {
  const material = {
    ca: readFileSync(join(folder, files.ca)),
    cert: readFileSync(join(folder, files.cert)),
    key: readFileSync(join(folder, files.key)),
  };
  try {
    createSecureContext(material);
  } catch (error) {
    throw new Error(`The certificate and the key in ${folder} are not a pair that can be used.`, {
      cause: error,
    });
  }
  return material;
}
