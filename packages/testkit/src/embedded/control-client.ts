/** What can be done to the processes of an embedded system, from another process. */
export interface Control {
  kill(instance: string, signal?: NodeJS.Signals): Promise<void>;
  /** @param environment for this run of the instance alone */
  restart(instance: string, environment?: Readonly<Record<string, string>>): Promise<void>;
  pause(instance: string): Promise<void>;
  resume(instance: string): Promise<void>;
  scale(service: string, count: number): Promise<void>;
  ready(): Promise<void>;
  /** Process ids by instance; undefined while one is down. */
  pids(): Promise<Readonly<Record<string, number | undefined>>>;
}

export type ControlMethod = keyof Control;

export const controlMethods: readonly ControlMethod[] = [
  'kill',
  'restart',
  'pause',
  'resume',
  'scale',
  'ready',
  'pids',
];

/** @param url of the control server, a secret part of its path included */
export function remoteControl(url: string): Control {
  const ask = async (method: ControlMethod, ...args: unknown[]): Promise<unknown> => {
    const response = await fetch(`${url}/${method}`, { method: 'POST', body: JSON.stringify(args) });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  const command =
    (method: ControlMethod) =>
    async (...args: unknown[]): Promise<void> => {
      await ask(method, ...args);
    };
  return {
    kill: command('kill'),
    restart: command('restart'),
    pause: command('pause'),
    resume: command('resume'),
    scale: command('scale'),
    ready: command('ready'),
    pids: async () => (await ask('pids')) as Readonly<Record<string, number | undefined>>,
  };
}
