/** What went wrong, in the registry's own terms; the HTTP door gives each a status. */
export type RegistryErrorCode =
  'invalid' | 'forbidden' | 'unknown' | 'too-large' | 'too-many' | 'unavailable';

/** The one error of the registry. Its message is the text that the client reads. */
export class RegistryError extends Error {
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RegistryError';
    this.code = code;
  }
}

export function unknownService(id: string): RegistryError {
  return new RegistryError(
    'unknown',
    `Unknown service ID ${JSON.stringify(id)}. Ensure that the service ID is passed, not the service name.`,
  );
}

export function unknownCheck(id: string): RegistryError {
  return new RegistryError(
    'unknown',
    `Unknown check ID ${JSON.stringify(id)}. Ensure that the check ID is passed, not the check name.`,
  );
}
