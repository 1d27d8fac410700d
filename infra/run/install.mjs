import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** Runs `npm ci` unless node_modules holds what package-lock.json says. */
export function install(runStep) {
  if (!isInstalled())
    runStep('Installing the libraries', [
      'npm',
      'ci',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--prefer-offline',
    ]);
}

/**
 * npm keeps a lockfile of what it installed inside node_modules. Comparing versions, not times, since a checkout
 * touches the one and not the other. Optional packages are for other platforms, links are our own workspaces.
 */
function isInstalled() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(installedFile);
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional, peer, link }]) =>
      !path.includes('node_modules/') ||
      optional ||
      devOptional ||
      peer ||
      link ||
      installed[path]?.version === version,
  );
}

const readPackages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
