export type { ProviderConfig } from './config.js';
export { createProvider, type Provider } from './provider.js';
export { signatureOf } from './webhooks.js';
