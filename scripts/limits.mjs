/**
 * The recorded sizes and instruction counts in bench/limits.json: comparing, and accepting growth.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const file = join(root, 'bench', 'limits.json');

/** Was the script called to accept growth? */
export const accepts = process.argv.includes('--accept');

/**
 * Compares what was measured with what is recorded under `section` in bench/limits.json, prints each line, and sets
 * the exit code if something grew by more than the tolerance. With `--accept`, records what was measured instead.
 *
 * @param measured - Numbers by name.
 * @param command - How the script is called.
 * @returns The names of what grew too much.
 */
export function compare(section, measured, unit, command) {
  const limits = JSON.parse(readFileSync(file, 'utf8'));
  const { recorded, tolerance } = limits[section];
  const grown = [];
  for (const [name, value] of Object.entries(measured)) {
    const before = recorded[name];
    const change = value / before - 1;
    const isGrown = !(change <= tolerance);
    if (isGrown && !accepts) {
      grown.push(name);
    }
    const percent = `${change >= 0 ? '+' : ''}${(change * 100).toFixed(2)} %`;
    console.log(
      `${name}: ${value.toLocaleString('en')} ${unit}, recorded ${before?.toLocaleString('en') ?? 'nothing'} (${percent})` +
        (isGrown ? `: more than ${tolerance * 100} % of growth` : '')
    );
  }
  if (accepts) {
    limits[section].recorded = measured;
    writeFileSync(file, `${JSON.stringify(limits, null, 2)}\n`);
    console.log(`Recorded in bench/limits.json, section ${section}.`);
  } else if (grown.length) {
    console.error(
      `${grown.join(', ')} grew. If that is worth it, record it with \`${command} --accept\`, and say in the commit what it buys.`
    );
    process.exitCode = 1;
  }
  return grown;
}

/** The budget of a section of bench/limits.json. */
export const budgetOf = section =>
  JSON.parse(readFileSync(file, 'utf8'))[section].budget;
