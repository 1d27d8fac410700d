import { fileURLToPath } from 'node:url';

/** The repository's folder: as far from here in src as in dist. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));
