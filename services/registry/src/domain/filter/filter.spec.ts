import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RegistryError } from '../errors.js';
import { compileFilter } from './compile.js';
import { fieldsOf, flag, listOf, mapOf, number, text, texts } from './shape.js';

const shape = fieldsOf({
  Service: fieldsOf({ Service: text, Port: number, Tags: texts, Meta: mapOf(text), On: flag }),
  Checks: listOf(fieldsOf({ Status: text })),
});
const row = {
  Service: { Service: 'web', Port: 80, Tags: ['blue', 'v1'], Meta: { zone: 'a', 'some key': 'x' }, On: true },
  Checks: [{ Status: 'passing' }, { Status: 'warning' }],
};

describe('a filter', () => {
  it.each([
    ['', true],
    ['Service.Service == web', true],
    ['Service.Service == "web"', true],
    ['Service.Service==`web`', true],
    ['Service.Service != web', false],
    ['Service.Port == 80', true],
    ['Service.On == true and Service.On != false', true],
    ['blue in Service.Tags', true],
    ['"green" not in Service.Tags', true],
    ['Service.Tags contains v1', true],
    ['Service.Tags not contains v1', false],
    ['Service.Service contains "we"', true],
    ['zone in Service.Meta', true],
    ['Service.Meta.zone == a', true],
    ['Service.Meta["some key"] == x', true],
    ['"/Service/Meta/some key" == x', true],
    ['Service.Meta.none == a', false],
    ['Service.Meta.none != a', true],
    ['Service.Meta.none is empty', true],
    ['Service.Meta is not empty', true],
    ['Service.Meta.__proto__ is empty', true],
    ['Service.Service matches "^w.b$"', true],
    ['Service.Service not matches "^w"', false],
    ['Service.Service matches "^(w|x)+(e)*b"', true],
    ['Checks.Status == warning', true],
    ['Checks.Status == critical', false],
    ['Checks is empty', false],
    ['not Service.Port == 80', false],
    ['Service.Port == 1 or Service.Port == 80 and Service.Service == web', true],
    ['(Service.Port == 80 or Service.Port == 1) and Service.Service == no', false],
    ['not (Service.Port == 1 or not Service.Port == 80)', true],
  ])('%p is %p', (expression, expected) => {
    expect(compileFilter(expression, shape)(row)).toBe(expected);
  });

  it.each([
    ['Service.None == a', 'selector Service.None is not valid'],
    ['Service.constructor == a', 'selector Service.constructor is not valid'],
    ['Service == a', "Service can't be compared this way"],
    ['Service.Port matches a', "Service.Port can't be compared this way"],
    ['Service.Port == many', 'Service.Port is a number, and many is none'],
    ['Service.On == perhaps', 'Service.On is a flag, and perhaps is none'],
    ['Service.Service ==', 'it ends where a value should be'],
    ['Service.Service', 'no operator follows Service.Service'],
    ['Service.Service == a b', 'b is left over'],
    ['(Service.Service == a', 'a parenthesis is not closed'],
    ['Service.Service is nothing', '`is` is followed by `empty` or `not empty`'],
    ['Service.Service = a', 'unexpected "=" at 16'],
    ['"none" == a', '"none" is no selector'],
    ['Service.Service matches "("', '"(" is no regular expression'],
    ['not '.repeat(100) + 'Service.Port == 1', 'it is nested more than 64 deep'],
    ['a'.repeat(5_000), 'it is longer than 4096 characters'],
  ])('refuses %p', (expression, why) => {
    expect(() => compileFilter(expression, shape)).toThrow(`Invalid filter expression: ${why}`);
  });

  it('breaks off an expression that would keep the registry busy', () => {
    const filter = compileFilter('Service.Service matches "^(a+)+$"', shape);
    const begun = performance.now();
    expect(() => filter({ Service: { Service: `${'a'.repeat(60)}b` } })).toThrow('takes too long');
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('reads any text or refuses it, and nothing else', () => {
    const words = [
      'Service.Port',
      '==',
      '!=',
      'not',
      'in',
      'is',
      'empty',
      '(',
      ')',
      '"a"',
      'and',
      'or',
      '80',
      '`',
    ];
    const expressions = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words)).map((some) => some.join(' ')),
    );
    fc.assert(
      fc.property(expressions, (expression) => {
        try {
          compileFilter(expression, shape)(row);
        } catch (error) {
          expect(error).toBeInstanceOf(RegistryError);
        }
      }),
    );
  });
});
