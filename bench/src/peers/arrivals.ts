/** Who waits for which message. */
export interface Arrivals {
  of(id: string): Promise<void>;
  /** One that nobody waits for, since it was delivered twice, is passed over. */
  came(id: string): void;
}

export function createArrivals(): Arrivals {
  const waiting = new Map<string, () => void>();
  return {
    of: (id) =>
      new Promise((resolve) => {
        waiting.set(id, resolve);
      }),
    came: (id) => {
      waiting.get(id)?.();
      waiting.delete(id);
    },
  };
}
