import { keepCertificates } from '@souk/certificates';
import { join } from 'node:path';

const lookEveryMs = 3_600_000;

/** The certificates of one system, renewed while it runs. */
export interface SystemCertificates {
  /** The folder that a process reads its own from. */
  folderOf(process: string): string;
  close(): void;
}

/** @param processes those that talk to each other: the services, and the gateway */
export async function openSystemCertificates(
  folder: string,
  processes: readonly string[],
  report: (line: string) => void,
): Promise<SystemCertificates> {
  await keepCertificates(folder, processes);
  const renewal = setInterval(() => {
    keepCertificates(folder, processes).catch((error: unknown) => {
      report(`The certificates could not be renewed: ${String(error)}`);
    });
  }, lookEveryMs).unref();
  return {
    folderOf: (process) => join(folder, process),
    close: () => {
      clearInterval(renewal);
    },
  };
}
