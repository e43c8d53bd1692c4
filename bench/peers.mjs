// cedar-wasm and casbin on decisions of the same workloads. Both get for nothing what they have no words
// for: whether this card's kernel is shown, and whether this card's scope is held. Policies are
// loaded before the clock starts; Cedar's are parsed by then.
import { createRequire } from 'node:module';
import { Engine } from './indexed.mjs';

const require = createRequire(import.meta.url);
const SAMPLE = { small: 20, campus: 60, huge: 8 };

function load(name) {
  try {
    return require(name);
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

const list = value => (Array.isArray(value) ? value : [value]);
const globsOf = selector => list(selector?.include ?? selector);

/** What a card looks like to the peers, with the facts that they are given. */
function asked(card, engine) {
  const text = card.kind === 'server' ? `${card.owner}/${card.name}` : (card.command ?? card.name);
  const { facts } = engine;
  const course = /^class(\d+)-/.exec(card.name)?.[1];
  return {
    kind: card.kind,
    text,
    category: card.category ?? '',
    kernel: facts.kernels.get(`class${course}_python`) ?? false,
    scope:
      card.kind === 'server'
        ? facts.holds(`access:servers!server=${text}`)
        : facts.holds(`access:services!service=${card.name}`)
  };
}

/** Decided beforehand, to be compared with; and some cards, evenly over all. */
function sample({ policy, context, cards }, size) {
  const engine = new Engine(policy);
  engine.setCards(cards);
  engine.setContext(context);
  const now = Date.parse(context.now);
  const expected = engine.decide(now);
  const step = Math.max(1, Math.floor(cards.length / SAMPLE[size]));
  const chosen = cards
    .map((card, n) => ({ question: asked(card, engine), shown: expected[n] === 1 }))
    .filter((_, n) => n % step === 0)
    .slice(0, SAMPLE[size]);
  const rules = policy.rules.filter(rule => !rule.from || (Date.parse(rule.from) <= now && now < Date.parse(rule.until)));
  return { chosen, rules };
}

async function time(name, chosen, decide) {
  for (const { question, shown } of chosen) {
    if ((await decide(question)) !== shown) {
      throw new Error(`${name} disagrees on ${JSON.stringify(question)}`);
    }
  }
  const start = performance.now();
  for (const { question } of chosen) {
    await decide(question);
  }
  return { name, cards: chosen.length, per_card_us: ((performance.now() - start) * 1000) / chosen.length };
}

export async function cedar(workload, size) {
  const peer = load('@cedar-policy/cedar-wasm/nodejs');
  if (!peer) {
    return undefined;
  }
  const { chosen, rules } = sample(workload, size);
  const { groups, admin, user, server } = workload.context;
  const member = selector =>
    globsOf(selector)
      .flatMap(glob => (glob.endsWith('*') ? groups.filter(group => group.startsWith(glob.slice(0, -1))) : [glob]))
      .map(group => `principal in Group::${JSON.stringify(group)}`)
      .join(' || ') || 'false';
  const holds = condition =>
    Object.entries(condition)
      .map(([key, value]) => {
        switch (key) {
          case 'group':
            return member(value);
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
          key === 'category' ? `context.category like "${glob}"` : `context.kind == "${key}" && context.text like "${glob}"`
        )
      )
      .map(text => `(${text})`)
      .join(' || ') || 'false';
  const forbid = (match, condition) => `forbid(principal, action, resource) when { (${matches(match)}) && (${condition}) };`;
  const policies = ['permit(principal, action, resource);'];
  for (const rule of rules) {
    if (rule.show_when) {
      policies.push(forbid(rule.match, `!(${holds(rule.show_when)})`));
    }
    if (rule.hide_when) {
      policies.push(forbid(rule.match, holds(rule.hide_when)));
    }
  }
  const parsed = peer.preparsePolicySet('bench', { staticPolicies: policies.join('\n') });
  if (parsed.type !== 'success') {
    throw new Error(JSON.stringify(parsed.errors[0]));
  }
  const principal = { type: 'User', id: user };
  const entities = [{ uid: principal, attrs: {}, parents: groups.map(id => ({ type: 'Group', id })) }];
  return time('cedar-wasm', chosen, question => {
    const answer = peer.statefulIsAuthorized({
      principal,
      action: { type: 'Action', id: 'see' },
      resource: { type: 'Card', id: question.text },
      context: { ...question, admin, owner: server.owner === user },
      preparsedPolicySetId: 'bench',
      entities
    });
    if (answer.type !== 'success' || answer.response.diagnostics.errors.length) {
      throw new Error(JSON.stringify(answer));
    }
    return answer.response.decision === 'allow';
  });
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

export async function casbin(workload, size) {
  const peer = load('casbin');
  if (!peer) {
    return undefined;
  }
  const { chosen, rules } = sample(workload, size);
  const { groups, admin, user, server } = workload.context;
  const mine = new Set(groups);
  const { newEnforcer, newModelFromString } = peer;
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
          return globsOf(value).some(glob => (glob.endsWith('*') ? groups.some(group => like(group, glob)) : mine.has(glob)));
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
          return (server.owner === user) === value;
      }
    });
  const byId = new Map(rules.map(rule => [rule.id, rule]));
  const enforcer = await newEnforcer(newModelFromString(MODEL));
  enforcer.addFunction('hides', (card, id) => {
    const rule = byId.get(id);
    const matches = Object.entries(rule.match).some(([key, selector]) =>
      globsOf(selector).some(glob => (key === 'category' ? like(card.category, glob) : key === card.kind && like(card.text, glob)))
    );
    return (
      matches &&
      ((rule.show_when && !holds(rule.show_when, card)) || (rule.hide_when && holds(rule.hide_when, card)) || false)
    );
  });
  await enforcer.addPolicies(rules.map(rule => [rule.id, 'deny']));
  return time('casbin', chosen, question => enforcer.enforce(question));
}
