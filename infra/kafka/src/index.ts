export { kafkaAvailability, type KafkaAvailability } from './availability.js';
export { startKafka, type KafkaOptions, type RunningKafka } from './start-kafka.js';
export { retentionBytesPerPartition, type Door } from './server-properties.js';
