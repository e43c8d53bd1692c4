// What is timed in full, in Node and in a browser. Each module is loaded when it is asked for: that is part of a first run.

/** In the order of the tables; with many cards, plain JavaScript takes too long (peers.mjs has it). */
export const namesFor = cards => ['this engine', 'indexed JavaScript', ...(cards > 10_000 ? [] : ['plain JavaScript'])];

/** `glue` is the address of scoped_launcher.js, `wasm` the bytes of the engine that ships. */
export async function openContestant(name, glue, wasm) {
  if (name === 'this engine') {
    const { loadEngine } = await import('./engine.mjs');
    return loadEngine(glue, wasm);
  }
  const { indexedJavaScript, plainJavaScript } = await import('./javascript.mjs');
  return name === indexedJavaScript.name ? indexedJavaScript : plainJavaScript;
}
