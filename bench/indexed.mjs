// What a careful JavaScript programmer would write: rules indexed by literal, prefix, suffix and the
// longest literal inside, globs compiled once, cards matched once, conditions that do not depend on
// the card evaluated once for each set of facts. For the benchmark only, and only as much of the
// policy language as its workloads use.

/** A glob as a regular expression. Only in the names of servers a slash separates. */
function regexOf(glob, key) {
  const [run, one] = key === 'server' ? ['[^/]*', '[^/]'] : ['.*', '.'];
  let out = '';
  for (let at = 0; at < glob.length; at++) {
    const c = glob[at];
    if (c === '*') {
      if (glob[at + 1] === '*') {
        at++;
        out += '.*';
      } else {
        out += run;
      }
    } else {
      out += c === '?' ? one : c.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }
  }
  return new RegExp(`^${out}$`, 's');
}

/** A selector of names of a kind, compiled. */
export function matcherOf(selector, key) {
  const list = value => (Array.isArray(value) ? value : [value ?? []].flat());
  const mapping = selector instanceof Object && !Array.isArray(selector);
  const include = list(mapping ? selector.include : selector);
  const except = list(mapping ? selector.except : []);
  const compile = glob => {
    const text = key === 'kernel' ? glob.toLowerCase() : glob;
    if (!/[*?]/.test(text)) {
      return { glob: text, matches: other => other === text };
    }
    const regex = regexOf(text, key);
    return { glob: text, matches: other => other === text || regex.test(other) };
  };
  const includes = include.map(compile);
  const excepts = except.map(compile);
  return {
    includes,
    matches: text =>
      includes.some(glob => glob.matches(text)) &&
      !excepts.some(glob => glob.matches(text))
  };
}

const NARROWING = ['category', 'tag'];

/** The matchers of a `match`: the selectors by which each is found, and those that narrow it. */
export function matchersOf(match) {
  return [match].flat().map(matcher => {
    const selectors = Object.entries(matcher).map(([key, selector]) => ({ key, matcher: matcherOf(selector, key) }));
    const kinds = selectors.filter(({ key }) => !NARROWING.includes(key));
    const narrowing = selectors.filter(({ key }) => NARROWING.includes(key));
    return kinds.length > 0
      ? { found: kinds, narrowing }
      : { found: narrowing.slice(0, 1), narrowing: narrowing.slice(1) };
  });
}

/** Whether all that narrows a matcher holds for a card with these tags. */
export function isNarrowed(narrowing, card, tags) {
  return narrowing.every(({ key, matcher }) =>
    key === 'category'
      ? card.category !== undefined && matcher.matches(card.category)
      : [...tags].some(tag => matcher.matches(tag))
  );
}

/** Whether the visitor holds a scope, by the context and the policy's roles. */
export function holdsScope(policy, context) {
  const held = new Set(context.scopes);
  for (const server of context.shares) {
    held.add(`access:servers!server=${server}`);
  }
  const groups = new Set(context.groups);
  for (const role of policy.roles ?? []) {
    if (role.users?.includes(context.user) || role.groups?.some(group => groups.has(group))) {
      role.scopes.forEach(scope => held.add(scope));
    }
  }
  return scope => {
    const [base, filter] = scope.split('!');
    if (held.has(scope) || held.has(base)) {
      return true;
    }
    return filter?.startsWith('server=') ? held.has(`${base}!user=${filter.slice(7).split('/')[0]}`) : false;
  };
}

class Parts {
  map = new Map();
  lengths = [];
  add(part, entry) {
    const known = this.map.get(part);
    if (known) {
      known.push(entry);
    } else {
      this.map.set(part, [entry]);
    }
    if (!this.lengths.includes(part.length)) {
      this.lengths.push(part.length);
    }
  }
}

class Index {
  whole = new Map();
  start = new Parts();
  end = new Parts();
  inside = new Parts();
  rest = [];

  add(matcher, target) {
    const entry = { matcher, target };
    for (const { glob } of matcher.includes) {
      const pieces = glob.split(/[*?]+/);
      if (pieces.length === 1) {
        const known = this.whole.get(glob);
        if (known) {
          known.push(entry);
        } else {
          this.whole.set(glob, [entry]);
        }
      } else if (pieces[0]) {
        this.start.add(pieces[0], entry);
      } else if (pieces.at(-1)) {
        this.end.add(pieces.at(-1), entry);
      } else {
        const longest = pieces.reduce((a, b) => (b.length > a.length ? b : a));
        if (longest) {
          this.inside.add(longest, entry);
        } else {
          this.rest.push(entry);
        }
      }
    }
  }

  find(text, card, tags, out) {
    const visit = entries => {
      for (const { matcher, target } of entries ?? []) {
        if (matcher.matches(text) && (target.narrowing.length === 0 || isNarrowed(target.narrowing, card, tags))) {
          out.add(target.leadsTo);
        }
      }
    };
    visit(this.rest);
    visit(this.whole.get(text));
    for (const length of this.start.lengths) {
      if (length <= text.length) {
        visit(this.start.map.get(text.slice(0, length)));
      }
    }
    for (const length of this.end.lengths) {
      if (length <= text.length) {
        visit(this.end.map.get(text.slice(text.length - length)));
      }
    }
    for (const length of this.inside.lengths) {
      for (let at = 0; at + length <= text.length; at++) {
        visit(this.inside.map.get(text.slice(at, at + length)));
      }
    }
  }
}

const KEYS = ['kernel', 'proxy', 'service', 'server', 'command', 'category', 'tag'];
const indexes = () => Object.fromEntries(KEYS.map(key => [key, new Index()]));

/** The outcome of a condition that depends on the kernels or the card, or true or false. */
export class Engine {
  constructor(policy) {
    this.policy = policy;
    this.rules = indexes();
    this.tags = indexes();
    const add = (index, match, leadsTo) => {
      for (const { found, narrowing } of matchersOf(match)) {
        for (const { key, matcher } of found) {
          index[key].add(matcher, { leadsTo, narrowing });
        }
      }
    };
    policy.rules.forEach((rule, number) => add(this.rules, rule.match, number));
    for (const [tag, match] of Object.entries(policy.tags ?? {})) {
      add(this.tags, match, tag);
    }
    this.conditions = policy.rules.map(rule => ({
      show: rule.show_when && this.compile(rule.show_when),
      hide: rule.hide_when && this.compile(rule.hide_when),
      from: rule.from ? Date.parse(rule.from) : -Infinity,
      until: rule.until ? Date.parse(rule.until) : Infinity
    }));
  }

  /** A condition as `{needs, test(facts, card)}`; needs: 0 facts, 1 kernels, 2 the card. */
  compile(condition) {
    const tests = Object.entries(condition).map(([key, value]) => {
      switch (key) {
        case 'group': {
          const matcher = matcherOf(value, 'group');
          const literal = matcher.includes.every(({ glob }) => !/[*?]/.test(glob));
          return {
            needs: 0,
            test: facts =>
              literal
                ? matcher.includes.some(({ glob }) => facts.groups.has(glob) && matcher.matches(glob))
                : facts.groupList.some(group => matcher.matches(group))
          };
        }
        case 'scope':
          return value.includes('{')
            ? {
                needs: 2,
                test: (facts, card) =>
                  facts.holds(value.replaceAll('{owner}', card.owner).replaceAll('{name}', card.name))
              }
            : { needs: 0, test: facts => facts.holds(value) };
        case 'kernel': {
          const name = value.toLowerCase();
          return { needs: 1, test: facts => facts.kernels.get(name) ?? false, kernel: name };
        }
        case 'admin':
          return { needs: 0, test: facts => facts.admin === value };
        case 'owner':
          return { needs: 0, test: facts => facts.owner === value };
        case 'any': {
          const parts = value.map(part => this.compile(part));
          return {
            needs: Math.max(...parts.map(part => part.needs)),
            test: (facts, card) => parts.some(part => part.test(facts, card)),
            kernel: parts.find(part => part.kernel)?.kernel
          };
        }
        case 'not': {
          const part = this.compile(value);
          return { needs: part.needs, test: (facts, card) => !part.test(facts, card), kernel: part.kernel };
        }
        default:
          throw new Error(`the workloads have no condition ${key}`);
      }
    });
    return tests.length === 1
      ? tests[0]
      : {
          needs: Math.max(...tests.map(test => test.needs)),
          test: (facts, card) => tests.every(test => test.test(facts, card)),
          kernel: tests.find(test => test.kernel)?.kernel
        };
  }

  match(card) {
    const found = new Set();
    const tags = new Set(card.tags ?? []);
    const text =
      card.kind === 'server'
        ? `${card.owner}/${card.name}`
        : card.kind === 'kernel'
          ? card.name.toLowerCase()
          : card.kind === 'command'
            ? (card.command ?? card.name)
            : card.name;
    const own = card.tags ?? [];
    this.tags[card.kind].find(text, card, own, tags);
    if (card.category !== undefined) {
      this.tags.category.find(card.category, card, own, tags);
    }
    this.rules[card.kind].find(text, card, tags, found);
    if (card.category !== undefined) {
      this.rules.category.find(card.category, card, tags, found);
    }
    for (const tag of tags) {
      this.rules.tag.find(tag, card, tags, found);
    }
    return Uint32Array.from(found).sort();
  }

  setCards(cards) {
    this.cards = cards;
    this.matched = cards.map(card => this.match(card));
    this.kernelCards = new Map();
    for (const card of cards) {
      if (card.kind === 'kernel' && !this.kernelCards.has(card.name)) {
        this.kernelCards.set(card.name.toLowerCase(), this.match({ ...card, category: undefined }));
      }
    }
  }

  setContext(context) {
    const groups = new Set(context.groups);
    this.facts = {
      groups,
      groupList: context.groups,
      admin: context.admin,
      owner: context.server.owner === context.user,
      kernels: new Map(),
      holds: holdsScope(this.policy, context)
    };
    const now = ({ needs, test }) => (needs === 0 ? test(this.facts) : undefined);
    this.known = this.conditions.map(({ show, hide }) => ({
      show: show && now(show),
      hide: hide && now(hide)
    }));
  }

  decideOne(rules, card, now) {
    let shown = this.policy.default === 'show';
    for (const number of rules) {
      const rule = this.conditions[number];
      const isOpen = now >= rule.from && now < rule.until;
      const known = this.known[number];
      if (rule.hide && isOpen && (known.hide ?? rule.hide.test(this.facts, card))) {
        return false;
      }
      if (rule.show) {
        if (!isOpen || !(known.show ?? rule.show.test(this.facts, card))) {
          return false;
        }
        shown = true;
      }
    }
    return shown;
  }

  /** The workloads have no chains of kernels. */
  decide(now) {
    for (const [name, rules] of this.kernelCards) {
      this.facts.kernels.set(name, this.decideOne(rules, undefined, now));
    }
    const out = new Uint8Array(this.cards.length);
    for (let n = 0; n < out.length; n++) {
      out[n] = this.decideOne(this.matched[n], this.cards[n], now) ? 1 : 0;
    }
    return out;
  }
}
