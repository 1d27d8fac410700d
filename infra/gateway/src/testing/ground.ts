import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { createPicker, type Directory, type Picker } from '@souk/comms/discovery';
import { ServiceError } from '@souk/comms/errors';
import { createGateway, type GatewayDeps } from '../gateway.js';
import { createRouteTable } from '../routes.js';

/** A gateway in front of `order` and `product`, whose instances are what a test makes them. */
export interface Ground {
  readonly url: string;
  readonly port: number;
  /** Where the instances of `order` are. */
  at(...ports: number[]): void;
  readonly products: Picker;
  /** @returns the port of a server of its own */
  upstream(answer: RequestListener): Promise<number>;
  /** In place of the gateway that is open, one with other settings, in front of the same instances. */
  reopen(settings: Settings): Promise<void>;
  close(): Promise<void>;
}

type Settings = Partial<Pick<GatewayDeps, 'rateLimit' | 'receiveWithinMs' | 'placesAtFirst'>>;

export async function openGround(settings: Settings = {}): Promise<Ground> {
  const upstreams: Server[] = [];
  const pickers: Record<string, Picker> = { order: createPicker('order'), product: createPicker('product') };
  const directory: Directory = {
    lookup: (name) => {
      const picker = pickers[name];
      if (!picker) throw new ServiceError('unavailable', `No instance of ${name} is there.`);
      return Promise.resolve(picker);
    },
    close: () => Promise.resolve(),
  };
  const serviceOf = createRouteTable([
    { route: '/api/orders', service: 'order' },
    { route: '/api/products', service: 'product' },
    { route: '/api/absent', service: 'absent' },
  ]);
  const open = async (wanted: Settings) => {
    const gateway = await createGateway({ serviceOf, directory, rateLimit: 1, ...wanted });
    return { gateway, url: await gateway.listen({ host: '127.0.0.1', port: 0 }) };
  };
  let opened = await open(settings);
  return {
    get url() {
      return opened.url;
    },
    get port() {
      return Number(new URL(opened.url).port);
    },
    at: (...ports) => {
      pickers['order']?.replace(
        ports.map((port) => ({ id: `order-${String(port)}`, address: '127.0.0.1', port, meta: {} })),
      );
    },
    products: pickers['product'] ?? createPicker('product'),
    upstream: async (answer) => {
      const server = createServer(answer).listen(0, '127.0.0.1');
      upstreams.push(server);
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address ? address.port : 0;
    },
    reopen: async (wanted) => {
      await opened.gateway.close();
      opened = await open(wanted);
    },
    close: async () => {
      await opened.gateway.close();
      for (const server of upstreams) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
