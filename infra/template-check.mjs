// Copies the repository without its shop and shows that what is left still builds, type-checks and passes its unit
// tests: whoever copies Souk as a template deletes these folders first.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const shop = [
  ...['product', 'order', 'payment'].flatMap((name) => [`services/${name}`, `protos/souk/${name}`]),
  'infra/payment-provider',
  'packages/demo',
];
const root = resolve(import.meta.dirname ?? '.', '..');
const copy = mkdtempSync(join(tmpdir(), 'souk-template-'));
const run = (file, ...args) => execFileSync(file, args, { cwd: copy, stdio: 'inherit' });

try {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, maxBuffer: 1e8 })
    .toString()
    .split('\0');
  writeFileSync(join(copy, '.files'), tracked.filter(Boolean).join('\n'));
  execFileSync('tar', ['-cf', join(copy, '.tar'), '-C', root, '-T', join(copy, '.files')]);
  run('tar', '-xf', '.tar');
  for (const folder of shop) rmSync(join(copy, folder), { recursive: true, force: true });
  dropReferences();
  linkModules();
  keepBuilt();
  run(
    process.execPath,
    'node_modules/turbo/bin/turbo',
    'run',
    'build',
    'typecheck',
    '--output-logs=errors-only',
  );
  run(
    process.execPath,
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--testPathPatterns',
    '(?<!\\.(int|e2e))\\.spec\\.ts$',
  );
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** Takes the deleted packages out of the root's list of TypeScript projects, as a copier would. */
function dropReferences() {
  const file = join(copy, 'tsconfig.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  config.references = config.references.filter(({ path }) => !shop.includes(path));
  writeFileSync(file, JSON.stringify(config));
}

/** The installed libraries, and the copy's own packages in place of the repository's. */
function linkModules() {
  const modules = join(copy, 'node_modules');
  mkdirSync(join(modules, '@souk'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@souk') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const group of ['packages', 'services', 'infra', '.']) {
    for (const entry of readdirSync(join(copy, group), { withFileTypes: true })) {
      const folder = join(copy, group, entry.name);
      if (!existsSync(join(folder, 'package.json'))) continue;
      const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (!name.startsWith('@souk/')) continue;
      symlinkSync(folder, join(modules, name));
      // What could not be hoisted to the root.
      const own = join(root, group, entry.name, 'node_modules');
      if (existsSync(own)) symlinkSync(own, join(folder, 'node_modules'));
    }
  }
}

/** What was compiled from sources that are the same here: the compiler looks at that itself. */
function keepBuilt() {
  for (const file of execFileSync('git', ['ls-files', '*/tsconfig.json'], { cwd: root })
    .toString()
    .split('\n')) {
    const folder = dirname(file);
    const built = join(root, folder, 'dist');
    if (file !== '' && existsSync(join(copy, folder)) && existsSync(built))
      cpSync(built, join(copy, folder, 'dist'), { recursive: true, preserveTimestamps: true });
  }
}
