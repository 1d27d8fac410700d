import { bulkhead, BulkheadRejectedError } from 'cockatiel';
import { hash, verify } from '@node-rs/argon2';
import { ServiceError } from '@souk/comms/errors';

/** argon2id (the library's default) as OWASP's Password Storage Cheat Sheet has it: 19 MiB, two passes, one lane. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const atOnce = 4;
const waiting = 64;

/** Hashing is dear on purpose, so only a few run at once and the rest wait, up to a limit. */
export interface Passwords {
  /** @throws `unavailable` when too many wait */
  hash(password: string): Promise<string>;
  /** Takes as long for an account that does not exist. @throws `unavailable` when too many wait */
  matches(stored: string | undefined, password: string): Promise<boolean>;
}

export async function createPasswords(): Promise<Passwords> {
  const limit = bulkhead(atOnce, waiting);
  const decoy = await hash('a password that nobody has', options);
  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await limit.execute(work);
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      throw new ServiceError('unavailable', 'Too many people sign in at this moment: try again shortly.', {
        cause: error,
        retryAfterSeconds: 2,
      });
    }
  };
  return {
    hash: (password) => limited(() => hash(password, options)),
    matches: async (stored, password) => {
      const isRight = await limited(() => verify(stored ?? decoy, password));
      return isRight && stored !== undefined;
    },
  };
}
