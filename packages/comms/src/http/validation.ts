import { Ajv, type ErrorObject } from 'ajv';
import formats from 'ajv-formats';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import type { Issue } from '../errors/index.js';

const addFormats = formats as unknown as (ajv: Ajv, names: string[]) => void;
const known = ['uuid', 'date-time', 'email', 'uri', 'uri-reference'];

const bodies = new Ajv({ allErrors: true, removeAdditional: false, useDefaults: true, coerceTypes: false });
const parameters = new Ajv({
  allErrors: true,
  removeAdditional: false,
  useDefaults: true,
  coerceTypes: true,
});
addFormats(bodies, known);
addFormats(parameters, known);

/** Bodies are taken as they are; what comes as text (path, query, headers) is read as the type it should have. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) =>
  (httpPart === 'body' ? bodies : parameters).compile(schema);

const mostIssues = 20;

export function issuesOf(errors: readonly FastifySchemaValidationError[]): Issue[] {
  return errors.slice(0, mostIssues).map((error) => {
    const { params, instancePath } = error as unknown as ErrorObject;
    const member: unknown = params['additionalProperty'] ?? params['missingProperty'];
    return {
      path: typeof member === 'string' ? `${instancePath}/${member}` : instancePath || '/',
      message:
        'additionalProperty' in params ? 'is not a field of this request' : (error.message ?? 'is not valid'),
    };
  });
}
