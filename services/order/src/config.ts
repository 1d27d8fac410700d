import { readSettings, serviceSettings, storeSettings } from '@souk/comms/service';
import Type, { type Static, type TObject } from 'typebox';

const properties = {
  ...serviceSettings,
  ...storeSettings,
  ORDER_DEADLINE_SECONDS: Type.Integer({
    default: 30,
    minimum: 1,
    description: 'An order not paid by then is cancelled.',
  }),
  ORDER_ACTION_DEADLINE_SECONDS: Type.Integer({
    default: 600,
    minimum: 1,
    description: 'The same, while the customer has to confirm the payment or its capture is under way.',
  }),
} as const;

export type Config = Static<TObject<typeof properties>>;

/** The only reader of this service's environment. */
export const readConfig = (): Config => readSettings(properties, process.env);
