// Decides as the page does, with the WebAssembly that ships.
//
// Reads `{contexts, cards, kernelspecs}` as JSON: contexts as the server answers them. Prints for each context a list of
// 1 (shown) and 0, in the order of the cards.
import { readFileSync } from 'node:fs';

const wasm = new URL('../../../labextension/wasm/', import.meta.url);
const { Engine, initSync } = await import(new URL('scoped_launcher.js', wasm));
initSync({ module: readFileSync(new URL('scoped_launcher_bg.wasm', wasm)) });

const { contexts, cards, kernelspecs } = JSON.parse(readFileSync(0, 'utf8'));
const decisions = contexts.map(context => {
  const engine = new Engine();
  engine.setCards(JSON.stringify(cards));
  engine.setKernelspecs(JSON.stringify(kernelspecs));
  engine.setContext(new TextEncoder().encode(JSON.stringify(context)));
  return [...engine.decide()];
});
console.log(JSON.stringify(decisions));
