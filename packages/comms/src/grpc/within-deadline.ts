import { ServiceError } from '../errors/index.js';

/** Answers `deadline_exceeded` once the time is over; work whose time is over already is never started. */
export async function withinDeadline<T>(remainingMs: number, work: () => Promise<T>): Promise<T> {
  const outOfTime = () => new ServiceError('deadline_exceeded', 'The deadline of this call has passed.');
  if (remainingMs <= 0) throw outOfTime();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(outOfTime());
    }, remainingMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
