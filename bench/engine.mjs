// Every call of the engine that ships: labextension/wasm. Nothing else in bench/ knows its interface.
import { TIMEOUT_MS, URL } from './fetch.mjs';

/** Loads the engine; `glue` is the address of scoped_launcher.js, `bytes` the .wasm. */
export async function loadEngine(glue, bytes) {
  const { default: start, Engine } = await import(glue);
  await start({ module_or_path: bytes });
  return {
    name: 'this engine',
    create: () => new Engine(),
    load: engine => engine.load(URL, new Headers(), TIMEOUT_MS),
    setCards: (engine, cards) => engine.setCards(JSON.stringify(cards)),
    decide: engine => engine.decide(),
    dispose: engine => engine.free()
  };
}
