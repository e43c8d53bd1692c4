// What a JavaScript programmer writes first: for each card, go through all rules. Globs are compiled once.
// For the benchmark only, and only as much of the policy language as its workloads use.
import { holdsScope, isNarrowed, matcherOf, matchersOf } from './indexed.mjs';

function compile(condition) {
  const tests = Object.entries(condition).map(([key, value]) => {
    switch (key) {
      case 'group': {
        const matcher = matcherOf(value, 'group');
        return engine => engine.context.groups.some(group => matcher.matches(group));
      }
      case 'scope':
        return (engine, card) =>
          engine.holds(value.replaceAll('{owner}', card.owner).replaceAll('{name}', card.name));
      case 'kernel':
        return engine => engine.showsKernel(value);
      case 'admin':
        return engine => engine.context.admin === value;
      case 'owner':
        return engine => (engine.context.server.owner === engine.context.user) === value;
      case 'any': {
        const parts = value.map(compile);
        return (engine, card) => parts.some(part => part(engine, card));
      }
      case 'not': {
        const part = compile(value);
        return (engine, card) => !part(engine, card);
      }
      default:
        throw new Error(`the workloads have no condition ${key}`);
    }
  });
  return (engine, card) => tests.every(test => test(engine, card));
}

function nameOf(card) {
  switch (card.kind) {
    case 'server':
      return `${card.owner}/${card.name}`;
    case 'kernel':
      return card.name.toLowerCase();
    default:
      return card.command ?? card.name;
  }
}

export class Engine {
  constructor(policy) {
    this.policy = policy;
    this.tags = Object.entries(policy.tags ?? {}).map(([tag, match]) => ({ tag, match: matchersOf(match) }));
    this.rules = policy.rules.map(rule => ({
      match: matchersOf(rule.match),
      show: rule.show_when && compile(rule.show_when),
      hide: rule.hide_when && compile(rule.hide_when),
      from: rule.from ? Date.parse(rule.from) : -Infinity,
      until: rule.until ? Date.parse(rule.until) : Infinity
    }));
  }

  setCards(cards) {
    this.cards = cards;
    this.kernels = new Set(cards.filter(card => card.kind === 'kernel').map(card => card.name.toLowerCase()));
  }

  setContext(context) {
    this.context = context;
    this.holds = holdsScope(this.policy, context);
  }

  showsKernel(name) {
    return this.kernels.has(name.toLowerCase()) && this.decideOne({ kind: 'kernel', name, tags: [] });
  }

  decideOne(card) {
    const name = nameOf(card);
    const isFound = ({ key, matcher }, tags) =>
      key === card.kind ? matcher.matches(name) : isNarrowed([{ key, matcher }], card, tags);
    const isMatched = (match, tags) =>
      match.some(
        ({ found, narrowing }) =>
          found.some(
            selector =>
              [card.kind, 'category', 'tag'].includes(selector.key) && isFound(selector, tags)
          ) && isNarrowed(narrowing, card, tags)
      );
    const own = card.tags ?? [];
    const tags = own.concat(this.tags.filter(({ match }) => isMatched(match, own)).map(({ tag }) => tag));
    let shown = this.policy.default === 'show';
    for (const rule of this.rules) {
      if (!isMatched(rule.match, tags)) {
        continue;
      }
      const isOpen = this.now >= rule.from && this.now < rule.until;
      if (isOpen && rule.hide?.(this, card)) {
        return false;
      }
      if (rule.show) {
        if (!isOpen || !rule.show(this, card)) {
          return false;
        }
        shown = true;
      }
    }
    return shown;
  }

  decide(now) {
    this.now = now;
    return Uint8Array.from(this.cards, card => (this.decideOne(card) ? 1 : 0));
  }
}
