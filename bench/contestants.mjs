// What is timed in full, in Node and in a browser. Each module is loaded when it is asked for: that is part of a first run.

/** In the order of the tables. */
export const NAMES = ['this engine', 'indexed JavaScript', 'plain JavaScript'];

/** `root` is the address of this repository, `wasm` the bytes of the engine that ships. */
export async function openContestant(name, root, wasm) {
  if (name === 'this engine') {
    const { loadEngine } = await import('./engine.mjs');
    return loadEngine(new URL('labextension/wasm/scoped_launcher.js', root).href, wasm);
  }
  const { indexedJavaScript, plainJavaScript } = await import('./javascript.mjs');
  return name === indexedJavaScript.name ? indexedJavaScript : plainJavaScript;
}
