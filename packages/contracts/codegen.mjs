// Offline: buf and the ts-proto plugin both come from node_modules.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { asyncapiOf } from './asyncapi.mjs';

const bin = resolve('../../node_modules/.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
const out = 'src/generated';
const buf = (...args) =>
  execFileSync('buf', args, { env, stdio: 'inherit', shell: process.platform === 'win32' });

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
buf('generate');
buf('build', '../../protos', '--as-file-descriptor-set', '-o', `${out}/descriptors.binpb`);
buf('build', '../../protos', '--as-file-descriptor-set', '-o', `${out}/descriptors.json`);
const descriptors = JSON.parse(readFileSync(`${out}/descriptors.json`, 'utf8'));
writeTopics(descriptors);
writeFileSync(
  `${out}/asyncapi.json`,
  JSON.stringify(
    asyncapiOf(descriptors, (path) => readFileSync(`../../protos/${path}`, 'utf8')),
    null,
    2,
  ),
);
rmSync(`${out}/descriptors.json`);

/** Each souk/NAME/VERSION/events.proto is a topic, and each of its messages an event of it. */
function writeTopics({ file }) {
  const topics = file.flatMap(({ name, package: scope, messageType = [] }) => {
    const [, service, version] = /^souk\/([^/]+)\/([^/]+)\/events\.proto$/.exec(name) ?? [];
    if (!service) return [];
    const types = messageType.map((message) => `'${scope}.${message.name}'`);
    return [`  '${service}.events.${version}': [${types.join(', ')}],`];
  });
  writeFileSync(`${out}/topics.ts`, `export const topics = {\n${topics.sort().join('\n')}\n} as const;\n`);
}
