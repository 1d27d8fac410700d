import { describe, expect, it } from '@jest/globals';
import { ServiceError } from './service-error.js';

const withCode = (code: string): Error => Object.assign(new Error('said by a driver'), { code });

describe('ServiceError.from', () => {
  it.each([
    [withCode('ECONNRESET'), 'unavailable'],
    [withCode('57P01'), 'unavailable'],
    [withCode('53100'), 'unavailable'],
    [new Error('Connection terminated unexpectedly'), 'unavailable'],
    [new Error('Connection terminated due to connection timeout'), 'unavailable'],
    [new Error('timeout exceeded when trying to connect'), 'unavailable'],
    [new Error('Client has encountered a connection error and is not queryable'), 'unavailable'],
    [withCode('57014'), 'deadline_exceeded'],
    [withCode('22P02'), 'invalid_argument'],
    [withCode('42601'), 'internal'],
    [new Error('anything else'), 'internal'],
    ['no error at all', 'internal'],
  ])('makes of %s: %s', (reason, code) => {
    expect(ServiceError.from(reason).code).toBe(code);
  });

  it('shows nothing of what was thrown', () => {
    const error = ServiceError.from(new Error('password authentication failed for user x'));
    expect(error.message).not.toContain('password');
  });
});
