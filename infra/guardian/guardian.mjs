// Owns one server process (Postgres, Kafka) on behalf of a runner that may die at any moment.
// The server is stopped when this process' stdin closes, which the kernel does even for `kill -9` of the runner.
// Plain JavaScript: it runs the same beside the sources and beside the build.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';

const order = JSON.parse(process.argv[2] ?? '{}');
const log = openSync(order.logFile, 'a', 0o600);
const server = spawn(order.command, order.args, {
  cwd: order.cwd,
  env: order.env,
  stdio: ['ignore', log, log],
  ...(order.user ? { uid: order.user.uid, gid: order.user.gid } : {}),
});

let stopping = false;

function stop() {
  if (stopping) return;
  stopping = true;
  server.kill(order.stopSignal);
  setTimeout(() => server.kill('SIGKILL'), order.stopTimeoutMs).unref();
}

server.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(127);
});
server.once('exit', (code, signal) => process.exit(signal ? 128 : (code ?? 1)));

process.stdin.once('close', stop).once('error', stop).resume();
process.once('SIGTERM', stop).once('SIGINT', stop);
// Whoever started us may be gone before it reads this line.
process.stdout.on('error', stop);
if (server.pid !== undefined) process.stdout.write(`${server.pid}\n`);
