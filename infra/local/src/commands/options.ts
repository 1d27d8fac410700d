import type { EventsKind } from '../setup/events.js';

/** `product=2 order=3`, as commander collects it. */
export function collectScale(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [service = '', count = ''] = text.split('=');
  if (!/^[a-z-]+$/.test(service) || !/^\d+$/.test(count)) {
    throw new Error(`--scale takes SERVICE=COUNT, such as product=2, and not "${text}".`);
  }
  return { ...before, [service]: Number(count) };
}

export function parseEvents(text: string): EventsKind {
  if (text === 'kafka' || text === 'local') return text;
  throw new Error(`--events takes kafka or local, and not "${text}".`);
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`--port takes a number from 0 (any free one) to 65535, and not "${text}".`);
}
