export {
  createGrpcClient,
  type CallOptions,
  type ClosableGrpcClient,
  type GrpcClient,
  type GrpcClientOptions,
} from './client.js';
export type { MessageType, MethodDefinition, ServiceDefinition } from './definition.js';
export {
  createGrpcServer,
  type Callers,
  type GrpcServer,
  type GrpcServerOptions,
  type Implementation,
} from './server.js';
export type { GrpcCall } from './server-method.js';
export { defaultDeadlineMs } from './unary-server.js';
