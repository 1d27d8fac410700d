const uniqueViolation = '23505';

/** Did a write fail because there is one like it, by one of these unique constraints? */
export const isDuplicate = (error: unknown, ...constraints: readonly string[]): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  error.code === uniqueViolation &&
  'constraint' in error &&
  typeof error.constraint === 'string' &&
  constraints.includes(error.constraint);
