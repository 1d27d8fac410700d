import kafkajs, { type Kafka, type KafkaConfig, type LogEntry } from 'kafkajs';
import type { Logger } from '../../telemetry/index.js';

const { logLevel } = kafkajs;

/** @param url `kafka://host:port,host:port` */
export function createKafka(url: string, clientId: string, logger: Logger): Kafka {
  const brokers = url.replace(/^kafka:\/\//, '').split(',');
  const config: KafkaConfig = {
    clientId,
    brokers,
    connectionTimeout: 3000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 3000, retries: 10 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      writeTo(logger, entry);
    },
  };
  return new kafkajs.Kafka(config);
}

function writeTo(logger: Logger, { level, namespace, log }: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _name, stack: _stack, ...facts } = log;
  // A reconnecting client reports each try as an error; that the broker is away is told by readiness.
  logger[level === logLevel.ERROR ? 'warn' : 'info']({ kafka: namespace, ...facts }, message);
}
