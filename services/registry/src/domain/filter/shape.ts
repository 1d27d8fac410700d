/** What an expression may select: the fields of a result's rows and what they hold. */
export type Shape =
  | { readonly kind: 'text' | 'number' | 'flag' | 'texts' }
  /** Keys are the caller's own. */
  | { readonly kind: 'map'; readonly of: Shape }
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, Shape>> }
  /** Several of a kind: an expression holds when it holds for one of them. */
  | { readonly kind: 'list'; readonly of: Shape };

export const text: Shape = { kind: 'text' };
export const number: Shape = { kind: 'number' };
export const flag: Shape = { kind: 'flag' };
export const texts: Shape = { kind: 'texts' };
export const mapOf = (of: Shape): Shape => ({ kind: 'map', of });
export const listOf = (of: Shape): Shape => ({ kind: 'list', of });
export const fieldsOf = (fields: Readonly<Record<string, Shape>>): Shape => ({ kind: 'fields', fields });
