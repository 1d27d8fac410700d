export { createKafkaTransport } from './transport.js';
