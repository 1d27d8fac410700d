export { createDirectory, type Directory } from './directory.js';
export { createPicker, type Lease, type Picker } from './picker.js';
export { createRegistrar, ttlSeconds, type Registrar } from './registrar.js';
export {
  createRegistryClient,
  type Endpoint,
  type InstanceHealth,
  type Registration,
  type RegistryClient,
  type ServiceHealth,
} from './registry-client.js';
