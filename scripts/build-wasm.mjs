/**
 * Builds crate/web into labextension/wasm: wasm-pack, then binaryen's wasm-opt from npm, because
 * wasm-pack has no other source for wasm-opt than a download of its own.
 */
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const name = 'scoped_launcher';
const out = join(root, 'labextension', 'wasm');
const wasm = join(out, `${name}_bg.wasm`);
const wasmOpt = join(
  dirname(createRequire(import.meta.url).resolve('binaryen/package.json')),
  'bin',
  'wasm-opt'
);

function run(command, args) {
  console.log(`$ ${[command, ...args].join(' ')}`);
  execFileSync(command, args, { cwd: root, stdio: 'inherit' });
}

try {
  run('wasm-pack', [
    'build',
    'crate/web',
    ...['--target', 'web'],
    ...['--profile', 'wasm'],
    ...['--out-dir', out],
    ...['--out-name', name],
    '--no-pack',
    '--no-gitignore',
    '--no-opt',
    '--',
    '--locked'
  ]);
} catch (error) {
  if (error.code === 'ENOENT') {
    console.error(
      'wasm-pack is missing. Install it with: cargo install wasm-pack --locked'
    );
  }
  process.exit(1);
}
run(process.execPath, [
  wasmOpt,
  ...[wasm, '-o', `${wasm}.opt`, '-Oz'],
  ...['--strip-debug', '--strip-producers', '--strip-target-features']
]);
renameSync(`${wasm}.opt`, wasm);
