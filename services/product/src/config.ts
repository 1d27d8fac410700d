import { readSettings, serviceSettings, storeSettings } from '@souk/comms/service';
import Type, { type Static, type TObject } from 'typebox';

const properties = {
  ...serviceSettings,
  ...storeSettings,
  RESERVATION_TTL_SECONDS: Type.Integer({
    default: 900,
    minimum: 1,
    description: 'A reservation held for longer is released, unless its order still wants it.',
  }),
} as const;

export type Config = Static<TObject<typeof properties>>;

/** The only reader of this service's environment. */
export const readConfig = (): Config => readSettings(properties, process.env);
