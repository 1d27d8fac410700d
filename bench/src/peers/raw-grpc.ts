// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- what is measured here is grpc-js itself
import * as grpc from '@grpc/grpc-js';
import { echoMethod, echoService, type Text } from './echo-definition.js';
import type { Peer } from './peer.js';

/** grpc-js and nothing else: a stream of HTTP/2 for each call. */
export const rawGrpc: Peer = {
  serve: ({ port }) => {
    const server = new grpc.Server();
    const echo: grpc.handleUnaryCall<Text, Text> = (call, answer) => {
      answer(null, call.request);
    };
    server.addService(echoService, { Echo: echo });
    return new Promise((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${String(port)}`, grpc.ServerCredentials.createInsecure(), (error) => {
        if (error) reject(error);
        else resolve(server);
      });
    });
  },
  connect: ({ port }) => {
    const client = new grpc.Client(`ipv4:127.0.0.1:${String(port)}`, grpc.credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = echoMethod;
    return Promise.resolve(
      (text) =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { text }, (error, answer) => {
            if (error) reject(error);
            else resolve(answer);
          });
        }),
    );
  },
};
