import {
  supervise,
  type Member,
  type ProcessKind,
  type Supervised,
  type SupervisorOptions,
} from './supervisor.js';

/** Every process of one system. */
export interface ProcessTable {
  add(member: Member): Supervised;
  /** @throws a sentence when there is none of this name */
  get(instance: string): Supervised;
  list(): Supervised[];
  /** Forgets it; it must be stopped. */
  remove(instance: string): void;
  /** What serves stops before what it needs. */
  stopAll(): Promise<void>;
}

const stopOrder: readonly (readonly ProcessKind[])[] = [
  ['gateway'],
  ['service'],
  ['payment-provider'],
  ['registry', 'kafka', 'postgres'],
];

export function createProcessTable(options: SupervisorOptions): ProcessTable {
  const processes = new Map<string, Supervised>();
  return {
    add: (member) => {
      const process = supervise(member, options);
      processes.set(member.instance, process);
      return process;
    },
    get: (instance) => {
      const process = processes.get(instance);
      if (!process)
        throw new Error(`There is no ${instance}: there are ${[...processes.keys()].join(', ')}.`);
      return process;
    },
    list: () => [...processes.values()],
    remove: (instance) => void processes.delete(instance),
    stopAll: async () => {
      for (const kinds of stopOrder) {
        const ending = [...processes.values()].filter(({ kind }) => kinds.includes(kind));
        await Promise.all(ending.map((process) => process.stop()));
      }
    },
  };
}
