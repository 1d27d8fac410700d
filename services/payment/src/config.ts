import { readSettings, serviceSettings, storeSettings } from '@souk/comms/service';
import Type, { type Static, type TObject } from 'typebox';

const properties = {
  ...serviceSettings,
  ...storeSettings,
  PROVIDER_URL: Type.String({ description: "The payment provider's API, such as http://127.0.0.1:9000." }),
  PROVIDER_API_KEY: Type.String({ minLength: 1, description: 'What we show the provider to be let in.' }),
  PROVIDER_WEBHOOK_SECRET: Type.String({
    minLength: 1,
    description: "Proves that a webhook is the provider's.",
  }),
  PROVIDER_WEBHOOK_SECRET_OLD: Type.String({
    default: '',
    description: 'The webhook secret before, accepted too while it is being replaced.',
  }),
  RECONCILE_EVERY_SECONDS: Type.Integer({
    default: 300,
    minimum: 1,
    description: "How often payments and ledger are compared with the provider's statement.",
  }),
} as const;

export type Config = Static<TObject<typeof properties>>;

/** The only reader of this service's environment. */
export const readConfig = (): Config => readSettings(properties, process.env);
