// The contract gates: the protos are well-formed and well-formatted, and break no reader of the commit before.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './run/root.mjs';

const succeeds = (command, args, stdio) => spawnSync(command, args, { cwd: root, stdio }).status === 0;
const buf = (...args) => succeeds(join(root, 'node_modules', '.bin', 'buf'), args, 'inherit');

const before = 'HEAD~1';
// The first commit has none before it, and a shallow clone does not hold it.
const hasBefore = succeeds('git', ['rev-parse', '--verify', '--quiet', `${before}:protos`], 'ignore');
const isSound =
  buf('lint', 'protos') &&
  buf('format', '--diff', '--exit-code', 'protos') &&
  (!hasBefore || buf('breaking', 'protos', '--against', `.git#ref=${before},subdir=protos`));
process.exitCode = isSound ? 0 : 1;
