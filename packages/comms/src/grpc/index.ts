export {
  createGrpcClient,
  type ClosableGrpcClient,
  type GrpcClient,
  type GrpcClientOptions,
} from './client.js';
export type { MessageType, MethodDefinition, ServiceDefinition } from './definition.js';
export {
  createGrpcServer,
  defaultDeadlineMs,
  type Callers,
  type GrpcCall,
  type GrpcServer,
  type Implementation,
} from './server.js';
