import Type, { type TObject, type TProperties, type TSchema } from 'typebox';

export { Type };
export type { Static } from 'typebox';

/** An object that refuses members it does not name. */
export const strictObject = <P extends TProperties>(properties: P): TObject<P> =>
  Type.Object(properties, { additionalProperties: false });

export const uuid = () => Type.String({ format: 'uuid' });
/** RFC 9562, any version. */
export const isUuid = (value: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value);

export const dateTime = () => Type.String({ format: 'date-time' });

/** Money as the contract writes it: whole minor units of an ISO 4217 currency. */
export const money = (options: { minimum?: number } = {}) =>
  strictObject({
    amount: Type.Integer({ minimum: options.minimum ?? 0, maximum: Number.MAX_SAFE_INTEGER }),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  });

/** Text that a person typed: no control characters, bounded. */
export const text = (maxLength: number) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$',
  });

export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
};

export const listOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) });

export const idParams = strictObject({ id: uuid() });

export const problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String(),
  code: Type.String(),
  traceId: Type.String(),
  retryable: Type.Boolean(),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
});
