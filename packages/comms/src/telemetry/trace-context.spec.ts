import { describe, expect, it } from '@jest/globals';
import { childOf, formatTraceparent, parseTraceparent } from './trace-context.js';

describe('trace context', () => {
  it('survives a round trip', () => {
    const context = childOf(undefined);
    expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
  });

  it('keeps the trace and changes the span below a parent', () => {
    const parent = childOf(undefined);
    const child = childOf(parent);
    expect(child.traceId).toBe(parent.traceId);
    expect(child.spanId).not.toBe(parent.spanId);
  });

  it.each([
    undefined,
    '',
    'garbage',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'0'.repeat(16)}-01`,
    `ff-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'A'.repeat(32)}-${'1'.repeat(16)}-01`,
  ])('starts anew for %p', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});
