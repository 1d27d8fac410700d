import { readSettings, serviceSettings, storeSettings } from '@souk/comms/service';
import Type, { type Static, type TObject } from 'typebox';

const properties = {
  ...serviceSettings,
  ...storeSettings,
  KEY_ENCRYPTION_SECRET: Type.String({
    pattern: '^[A-Za-z0-9+/]{43}=$',
    description:
      '32 bytes in base64: seals the signing keys in the database. Make one with: openssl rand -base64 32',
  }),
  SOUK_ADMIN_PASSWORD: Type.String({
    default: '',
    description: 'Sets the password of admin@souk.test at each start.',
  }),
  SOUK_ALICE_PASSWORD: Type.String({
    default: '',
    description: 'Sets the password of alice@souk.test at each start.',
  }),
  SOUK_RATE_LIMIT: Type.Number({
    default: 1,
    exclusiveMinimum: 0,
    description: 'Scales the limit of 10 sign-ins a minute per account.',
  }),
} as const;

export type Config = Static<TObject<typeof properties>>;

/** The only reader of this service's environment. */
export const readConfig = (): Config => readSettings(properties, process.env);
