// The two JavaScript versions, as pages would use them: read the answer, keep policy, context and cards, decide.
import { fetchContext } from './fetch.mjs';
import { Engine as IndexedEngine } from './indexed.mjs';
import { Engine as LoopEngine } from './loops.mjs';

function contestant(name, Engine) {
  return {
    name,
    create: () => ({ engine: undefined, serverMs: 0, atMs: 0 }),
    async load(page) {
      const context = await fetchContext();
      if (context.policy.document) {
        page.engine = new Engine(context.policy.document);
      }
      page.engine.setContext(context);
      page.serverMs = Date.parse(context.now);
      page.atMs = performance.now();
    },
    setCards: (page, cards) => page.engine.setCards(cards),
    decide: page => page.engine.decide(page.serverMs + performance.now() - page.atMs),
    dispose: () => {}
  };
}

export const indexedJavaScript = contestant('indexed JavaScript', IndexedEngine);
export const plainJavaScript = contestant('plain JavaScript', LoopEngine);
