import type { ChannelOptions } from '@grpc/grpc-js';

export const maxMessageBytes = 4 * 1024 * 1024;

const shared: ChannelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 5000,
};

export const clientOptions: ChannelOptions = {
  ...shared,
  'grpc.keepalive_permit_without_calls': 1,
  // Retries belong to the call policy; the channel's own cost an eighth of the throughput.
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
};

export const serverOptions: ChannelOptions = {
  ...shared,
  'grpc.max_connection_age_ms': 600_000,
  'grpc.max_connection_age_grace_ms': 20_000,
};
