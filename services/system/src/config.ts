import { readSettings, serviceSettings, storeSettings } from '@souk/comms/service';
import { fileURLToPath } from 'node:url';
import Type, { type Static, type TObject } from 'typebox';

const properties = {
  ...serviceSettings,
  EVENTS_URL: storeSettings.EVENTS_URL,
  SERVICES_DIR: Type.String({
    default: fileURLToPath(new URL('../../', import.meta.url)),
    description: 'The folder whose service.json files say which services there are.',
  }),
  SEED_KEY: Type.String({
    default: 'souk/seeded',
    description: 'The registry key that tells that seeding is done; empty when nothing is seeded.',
  }),
} as const;

export type Config = Static<TObject<typeof properties>>;

/** The only reader of this service's environment. */
export const readConfig = (): Config => readSettings(properties, process.env);
