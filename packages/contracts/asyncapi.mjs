// The AsyncAPI document of every topic, made from the descriptors that buf builds of the protos.

/**
 * @param {{ file: object[] }} descriptors a FileDescriptorSet as JSON, with source info
 * @param {(path: string) => string} readProto the text of a proto file, by its path among the protos
 */
export function asyncapiOf({ file }, readProto) {
  const topics = file.flatMap((one) => topicOf(one, readProto));
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Souk events',
      version: '1',
      description:
        'Facts that services publish, as CloudEvents 1.0 in Kafka binary mode. Delivery is at least once, in order per key; ' +
        'ce_sequence is gapless per subject. What a consumer cannot work on goes to TOPIC.dlq.',
    },
    defaultContentType: 'application/protobuf',
    channels: Object.fromEntries(topics.map((topic) => [topic.name, channelOf(topic)])),
    operations: Object.fromEntries(topics.map((topic) => [`publish-${topic.name}`, operationOf(topic)])),
    components: {
      messages: Object.fromEntries(
        topics.flatMap((topic) => topic.messages.map((message) => [message.type, messageOf(topic, message)])),
      ),
      messageTraits: { cloudEvent: { headers: cloudEventHeaders } },
    },
  };
}

/** Each souk/NAME/VERSION/events.proto is a topic, and each of its messages an event of it. */
function topicOf(descriptor, readProto) {
  const [, service, version] = /^souk\/([^/]+)\/([^/]+)\/events\.proto$/.exec(descriptor.name) ?? [];
  if (!service) return [];
  const commentOf = (index) =>
    descriptor.sourceCodeInfo?.location
      .find(({ path = [] }) => path.join() === `4,${index}`)
      ?.leadingComments?.trim()
      .replace(/\s*\n\s*/g, ' ');
  return [
    {
      name: `${service}.events.${version}`,
      service,
      proto: readProto(descriptor.name),
      messages: (descriptor.messageType ?? []).map(({ name }, index) => ({
        name,
        type: `${descriptor.package}.${name}`,
        comment: commentOf(index),
      })),
    },
  ];
}

const channelOf = ({ name, service, messages }) => ({
  address: name,
  title: name,
  description: `Facts of ${service}; the key is the subject's id.`,
  messages: Object.fromEntries(
    messages.map(({ name, type }) => [name, { $ref: `#/components/messages/${type}` }]),
  ),
  bindings: { kafka: { topic: name, partitions: 6, bindingVersion: '0.5.0' } },
});

const operationOf = ({ name, service }) => ({
  action: 'send',
  channel: { $ref: `#/channels/${pointer(name)}` },
  summary: `${service} publishes through its outbox.`,
});

const messageOf = ({ proto }, { name, type, comment }) => ({
  name: type,
  title: name,
  ...(comment ? { summary: comment } : {}),
  contentType: 'application/protobuf',
  traits: [{ $ref: '#/components/messageTraits/cloudEvent' }],
  payload: { schemaFormat: 'application/vnd.google.protobuf;version=3', schema: proto },
});

const pointer = (segment) => segment.replace(/~/g, '~0').replace(/\//g, '~1');

const cloudEventHeaders = {
  type: 'object',
  required: ['ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_subject', 'ce_sequence', 'ce_time'],
  properties: {
    ce_specversion: { const: '1.0' },
    ce_id: { type: 'string', format: 'uuid', description: 'Of the message: the same in every copy.' },
    ce_type: { type: 'string', description: 'Full name of the protobuf message.' },
    ce_source: { type: 'string', description: '/souk/ and the publishing service.' },
    ce_subject: { type: 'string', description: "The aggregate's id." },
    ce_sequence: { type: 'string', pattern: '^[1-9][0-9]*$', description: "The subject's version." },
    ce_time: { type: 'string', format: 'date-time' },
    'content-type': { const: 'application/protobuf' },
    traceparent: { type: 'string', description: 'W3C trace context of what caused the fact.' },
  },
};
