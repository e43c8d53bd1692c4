// Policy engines of others on the same answers: cedar-wasm, casbin and a CEL library. Each gets for nothing what it has no
// words for: whether the card's kernel is shown, whether the card's scope is held, and which rules are in force now.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clock } from './fetch.mjs';
import { Engine } from './indexed.mjs';
import { Engine as LoopEngine } from './loops.mjs';

const require = createRequire(import.meta.url);
const modules = join(dirname(fileURLToPath(import.meta.url)), 'node_modules');
const versionOf = name => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;

const list = value => (Array.isArray(value) ? value : [value]);
const globsOf = selector => list(selector?.include ?? selector);
const quote = text => JSON.stringify(text);

/** What peers are asked about a card. */
function requestFor(card, facts) {
  const text = card.kind === 'server' ? `${card.owner}/${card.name}` : (card.command ?? card.name);
  const course = /^class(\d+)-/.exec(card.name)?.[1];
  const scope = card.kind === 'server' ? `access:servers!server=${text}` : `access:services!service=${card.name}`;
  return {
    kind: card.kind,
    text,
    category: card.category ?? '',
    kernel: facts.kernels.get(`class${course}_python`) ?? false,
    scope: facts.holds(scope)
  };
}

/** The rules in force, and what the visitor's facts come to. */
function read(answer) {
  const { policy, ...context } = JSON.parse(answer);
  const now = Date.parse(context.now);
  const rules = policy.document.rules.filter(
    rule => !rule.from || (Date.parse(rule.from) <= now && now < Date.parse(rule.until))
  );
  return { context, rules, isOwner: context.server.owner === context.user };
}

/** Calls `visit` for each reason to hide a card: a match and a condition, to be negated or not. */
function forEachReason(rules, visit) {
  for (const { match, show_when, hide_when } of rules) {
    if (show_when) {
      visit(match, show_when, true);
    }
    if (hide_when) {
      visit(match, hide_when, false);
    }
  }
}

function cedar() {
  const name = '@cedar-policy/cedar-wasm';
  const peer = require(`${name}/nodejs`);
  return {
    name: 'cedar-wasm',
    package: `${name} ${versionOf(name)}`,
    size: [join(modules, name, 'web/cedar_wasm_bg.wasm')],
    setUp(answer) {
      const { context, rules, isOwner } = read(answer);
      const { groups, admin, user } = context;
      // One list of groups: a chain of `||` with thousands of parts is too deep for Cedar's parser.
      const isMember = selector => {
        const named = globsOf(selector).flatMap(glob =>
          glob.endsWith('*') ? groups.filter(group => group.startsWith(glob.slice(0, -1))) : [glob]
        );
        return `principal in [${named.map(group => `Group::${quote(group)}`).join(', ')}]`;
      };
      const holds = condition =>
        Object.entries(condition)
          .map(([key, value]) => {
            switch (key) {
              case 'group':
                return isMember(value);
              case 'scope':
              case 'kernel':
                return `context.${key}`;
              case 'any':
                return value.map(holds).join(' || ');
              case 'not':
                return `!(${holds(value)})`;
              default:
                return `context.${key} == ${value}`;
            }
          })
          .map(text => `(${text})`)
          .join(' && ');
      const matches = match =>
        Object.entries(match)
          .filter(([key]) => key !== 'tag')
          .flatMap(([key, selector]) =>
            globsOf(selector).map(glob =>
              key === 'category'
                ? `context.category like ${quote(glob)}`
                : `context.kind == "${key}" && context.text like ${quote(glob)}`
            )
          )
          .map(text => `(${text})`)
          .join(' || ') || 'false';
      const policies = ['permit(principal, action, resource);'];
      forEachReason(rules, (match, condition, negated) => {
        const when = negated ? `!(${holds(condition)})` : holds(condition);
        policies.push(`forbid(principal, action, resource) when { (${matches(match)}) && (${when}) };`);
      });
      const parsed = peer.preparsePolicySet('bench', { staticPolicies: policies.join('\n') });
      if (parsed.type !== 'success') {
        throw new Error(JSON.stringify(parsed.errors[0]));
      }
      const principal = { type: 'User', id: user };
      const entities = [{ uid: principal, attrs: {}, parents: groups.map(id => ({ type: 'Group', id })) }];
      return request => {
        const result = peer.statefulIsAuthorized({
          principal,
          action: { type: 'Action', id: 'see' },
          resource: { type: 'Card', id: request.text },
          context: { ...request, admin, owner: isOwner },
          preparsedPolicySetId: 'bench',
          entities
        });
        if (result.type !== 'success' || result.response.diagnostics.errors.length) {
          throw new Error(JSON.stringify(result));
        }
        return result.response.decision === 'allow';
      };
    }
  };
}

const MODEL = `
[request_definition]
r = card

[policy_definition]
p = rule, eft

[policy_effect]
e = !some(where (p.eft == deny))

[matchers]
m = hides(r.card, p.rule)
`;

function casbin() {
  const { newEnforcer, newModelFromString } = require('casbin');
  return {
    name: 'casbin',
    package: `casbin ${versionOf('casbin')}`,
    async setUp(answer) {
      const { context, rules, isOwner } = read(answer);
      const { groups, admin } = context;
      const mine = new Set(groups);
      const globs = new Map();
      const like = (text, glob) => {
        let regex = globs.get(glob);
        if (!regex) {
          regex = new RegExp(`^${glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`);
          globs.set(glob, regex);
        }
        return regex.test(text);
      };
      const holds = (condition, card) =>
        Object.entries(condition).every(([key, value]) => {
          switch (key) {
            case 'group':
              return globsOf(value).some(glob =>
                glob.endsWith('*') ? groups.some(group => like(group, glob)) : mine.has(glob)
              );
            case 'scope':
            case 'kernel':
              return card[key];
            case 'any':
              return value.some(part => holds(part, card));
            case 'not':
              return !holds(value, card);
            case 'admin':
              return admin === value;
            default:
              return isOwner === value;
          }
        });
      const byId = new Map(rules.map(rule => [rule.id, rule]));
      const enforcer = await newEnforcer(newModelFromString(MODEL));
      enforcer.addFunction('hides', (card, id) => {
        const { match, show_when, hide_when } = byId.get(id);
        const isMatched = Object.entries(match).some(([key, selector]) =>
          globsOf(selector).some(glob =>
            key === 'category' ? like(card.category, glob) : key === card.kind && like(card.text, glob)
          )
        );
        return isMatched && ((show_when && !holds(show_when, card)) || (hide_when && holds(hide_when, card)) || false);
      });
      await enforcer.addPolicies(rules.map(rule => [rule.id, 'deny']));
      return request => enforcer.enforce(request);
    }
  };
}

async function cel() {
  const name = '@marcbachmann/cel-js';
  const { Environment } = await import(name);
  return {
    name: 'CEL',
    package: `${name} ${versionOf(name)}`,
    setUp(answer) {
      const { context, rules, isOwner } = read(answer);
      const { groups } = context;
      const mine = new Set(groups);
      // CEL has `in` for lists, which goes through them: a function with a set is what it should be compared with.
      const environment = new Environment()
        .registerVariable('kind', 'string')
        .registerVariable('text', 'string')
        .registerVariable('category', 'string')
        .registerVariable('kernel', 'bool')
        .registerVariable('scope', 'bool')
        .registerVariable('admin', 'bool')
        .registerVariable('owner', 'bool')
        .registerFunction('member(string): bool', group => mine.has(group))
        .registerFunction('memberLike(string): bool', prefix => groups.some(group => group.startsWith(prefix)));
      const holds = condition =>
        Object.entries(condition)
          .map(([key, value]) => {
            switch (key) {
              case 'group':
                return globsOf(value)
                  .map(glob => (glob.endsWith('*') ? `memberLike(${quote(glob.slice(0, -1))})` : `member(${quote(glob)})`))
                  .join(' || ');
              case 'any':
                return value.map(holds).join(' || ');
              case 'not':
                return `!(${holds(value)})`;
              case 'admin':
              case 'owner':
                return `${key} == ${value}`;
              default:
                return key;
            }
          })
          .map(text => `(${text})`)
          .join(' && ');
      const like = (variable, glob) => {
        const pieces = glob.split('*');
        if (pieces.length === 1) {
          return `${variable} == ${quote(glob)}`;
        }
        if (pieces.length === 2 && !pieces[1]) {
          return `${variable}.startsWith(${quote(pieces[0])})`;
        }
        if (pieces.length === 2 && !pieces[0]) {
          return `${variable}.endsWith(${quote(pieces[1])})`;
        }
        const regex = `^${glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`;
        return `${variable}.matches(${quote(regex)})`;
      };
      const matches = match =>
        Object.entries(match)
          .filter(([key]) => key !== 'tag')
          .flatMap(([key, selector]) =>
            globsOf(selector).map(glob => (key === 'category' ? like(key, glob) : `(kind == "${key}" && ${like('text', glob)})`))
          )
          .join(' || ') || 'false';
      const reasons = [];
      forEachReason(rules, (match, condition, negated) => {
        reasons.push(environment.parse(`(${matches(match)}) && ${negated ? '!' : ''}(${holds(condition)})`));
      });
      const facts = { admin: context.admin, owner: isOwner };
      return request => {
        const variables = { ...facts, ...request };
        return !reasons.some(isHidden => isHidden(variables));
      };
    }
  };
}

/** The plain JavaScript too: with many cards it is too slow to be timed in full. */
function plain() {
  return {
    name: 'plain JavaScript',
    package: 'bench/loops.mjs',
    setUp(answer, cards) {
      const { policy, ...context } = JSON.parse(answer);
      const engine = new LoopEngine(policy.document);
      engine.setCards(cards);
      engine.setContext(context);
      engine.now = Date.parse(context.now);
      return (_, card) => engine.decideOne(card);
    }
  };
}

/** The peers, in the order of the tables. */
export const peers = () => Promise.all([plain(), cel(), casbin(), cedar()]);

/**
 * Compares a peer's decisions, and times them: `setup_ms` from the answer's text to a policy that can be asked, and
 * `pass_ms` for all cards. What would take longer than `limitMs` is asked on cards from all over the list, and the rest
 * is extrapolated; `cards` says how many were asked.
 */
export async function measurePeer(peer, answer, cards, limitMs) {
  const { policy, ...context } = JSON.parse(answer);
  const engine = new Engine(policy.document);
  engine.setCards(cards);
  engine.setContext(context);
  const expected = engine.decide(Date.parse(context.now));
  const setups = [];
  let decide;
  for (let n = 0; n < 5 && (n === 0 || setups[0] < limitMs / 10); n++) {
    const start = clock();
    decide = await peer.setUp(answer, cards);
    setups.push(clock() - start);
  }
  // Steps of the golden ratio reach all parts of the list early.
  let step = Math.round(cards.length * 0.618);
  const divisor = (a, b) => (b ? divisor(b, a % b) : a);
  while (divisor(step, cards.length) > 1) {
    step++;
  }
  const requests = cards.map(card => requestFor(card, engine.facts));
  const passes = [];
  let asked = 0;
  let spent = 0;
  do {
    let total = 0;
    for (asked = 0; asked < cards.length && spent < limitMs; asked++) {
      const card = (asked * step) % cards.length;
      const start = clock();
      const visible = await decide(requests[card], cards[card]);
      const ms = clock() - start;
      total += ms;
      spent += ms;
      if (visible !== (expected[card] === 1)) {
        throw new Error(`${peer.name} and indexed JavaScript decide differently on ${JSON.stringify(cards[card])}`);
      }
    }
    if (asked === cards.length || !passes.length) {
      passes.push({ ms: (total / asked) * cards.length, asked });
    }
  } while (spent < limitMs && passes.length < 15);
  const middle = passes.sort((a, b) => a.ms - b.ms)[passes.length >> 1];
  return { setup_ms: setups.sort((a, b) => a - b)[setups.length >> 1], pass_ms: middle.ms, cards: middle.asked, passes: passes.length };
}
