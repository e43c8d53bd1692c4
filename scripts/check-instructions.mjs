/**
 * Counts, with valgrind's callgrind, the instructions that the native engine executes on a fixed workload
 * (crate/core/examples/fixed_workload.rs). Fails when there are more than recorded in bench/limits.json
 * (`--accept` records them). Unlike seconds, they hardly depend on the machine.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, compare, root } from './limits.mjs';

const OPS = ['lint', 'compile', 'decide', 'expand'];
const SHOWN_FUNCTIONS = 15;

const folder = join(root, 'target', 'instructions');
const example = join(folder, 'examples', 'fixed_workload');
const profile = op => join(folder, `callgrind.${op}`);

function count(op) {
  const { status, stderr, error } = spawnSync(
    'valgrind',
    [
      '--tool=callgrind',
      // Neither the making of the workload nor the start of the process.
      '--toggle-collect=scoped_launcher_core::batch::answer',
      `--callgrind-out-file=${profile(op)}`,
      ...[example, op]
    ],
    { encoding: 'utf8' }
  );
  const collected = Number(/Collected : (\d+)/.exec(stderr ?? '')?.[1]);
  if (error || status !== 0 || !collected) {
    throw new Error(`valgrind on ${op}: ${error?.message ?? stderr}`);
  }
  return collected;
}

/** The engine's own functions that take most, with what they call. */
function expensive(op) {
  const listed = execFileSync(
    'callgrind_annotate',
    ['--inclusive=yes', '--threshold=100', profile(op)],
    { encoding: 'utf8', maxBuffer: 2 ** 28 }
  );
  return listed
    .split('\n')
    .filter(line => /^ *[\d,]+ .*scoped_launcher_core::/.test(line))
    .slice(0, SHOWN_FUNCTIONS)
    .map(line => line.replace(/\S*:(?=<*scoped_launcher)|\s*\[.*$/g, ''));
}

execFileSync(
  'cargo',
  [
    ...['build', '--quiet', '--locked', '--profile', 'instructions'],
    ...['-p', 'scoped-launcher-core', '--example', 'fixed_workload']
  ],
  { cwd: root, stdio: 'inherit' }
);
mkdirSync(folder, { recursive: true });
const compiler = `${/^host: (.*)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }))[1]}, ${execFileSync('rustc', ['--version'], { encoding: 'utf8' }).trim()}`;
console.log(`Counted with ${compiler}; another compiler makes other code.`);
const counts = Object.fromEntries(OPS.map(op => [op, count(op)]));
const grown = compare(
  'instructions',
  counts,
  'instructions',
  'node scripts/check-instructions.mjs'
);
if (!accepts) {
  for (const op of grown) {
    console.error(
      `\n${op}: the functions that take most, with all that they call\n${expensive(op).join('\n')}`
    );
    console.error(`All: callgrind_annotate --inclusive=yes ${profile(op)}`);
  }
}
