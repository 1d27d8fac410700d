// Offline: buf and the ts-proto plugin both come from node_modules.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

const bin = resolve('../../node_modules/.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
const buf = (...args) => execFileSync('buf', args, { env, stdio: 'inherit' });

rmSync('src/generated', { recursive: true, force: true });
mkdirSync('src/generated', { recursive: true });
buf('generate');
buf('build', '../../protos', '--as-file-descriptor-set', '-o', 'src/generated/descriptors.binpb');
