export { createLocalTransport } from './transport.js';
