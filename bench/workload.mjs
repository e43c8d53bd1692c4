// The same policies, cards and facts for every engine, made from a fixed seed.

export const SIZES = {
  small: { cards: 20, rules: 12, scopes: 10, groups: 5 },
  campus: { cards: 500, rules: 300, scopes: 200, groups: 50 },
  huge: { cards: 20_000, rules: 5_000, scopes: 20_000, groups: 2_000 }
};

/** A small linear congruential generator: the same numbers everywhere. */
function random(seed) {
  let state = seed;
  return limit => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/**
 * A policy in the proportions of a campus: most rules are about class kernels and their tools.
 * Half of the groups that rules name are the visitor's.
 */
export function workload({ cards, rules, scopes, groups }) {
  const pick = random(42);
  const group = () => `course-${pick(groups * 2)}`;
  const policy = {
    version: 1,
    default: 'show',
    // The clock moves by hours, to times at which other rules are in force.
    max_stale: '1d',
    tags: { exam: [{ kernel: 'exam-*' }, { category: 'Exams' }] },
    roles: [
      {
        name: 'students',
        groups: ['course-1'],
        scopes: ['access:services!service=svc-1']
      }
    ],
    rules: []
  };
  for (let n = 0; n < rules; n++) {
    const rule = { id: `rule-${n}` };
    switch (n % 10) {
      case 0:
      case 1:
      case 2:
      case 3:
        rule.match = { kernel: `class${n}_*` };
        rule.show_when = { group: group() };
        break;
      case 4:
        rule.match = { proxy: [`class${n - 1}-*`, `lab${n}`] };
        rule.show_when = { kernel: `class${n - 1}_python` };
        break;
      case 5:
        rule.match = { service: `svc-${n}` };
        rule.show_when = { scope: `access:services!service=svc-${n}` };
        break;
      case 6:
        rule.match = { server: { include: `*/dash-${n}-*`, except: '*/' } };
        rule.show_when = { scope: 'access:servers!server={owner}/{name}' };
        break;
      case 7:
        rule.match = { command: `tool${n}:*` };
        rule.show_when = {
          any: [{ admin: true }, { group: [group(), group()] }]
        };
        break;
      case 8:
        rule.match = { kernel: `*-gpu${n}` };
        rule.show_when = { group: `course-${pick(9) + 1}*`, owner: true };
        rule.hide_when = { not: { group: group() } };
        break;
      default:
        rule.match =
          n === 9 ? { tag: 'exam' } : { category: `Course ${n}` };
        rule.hide_when = { group: `course-${pick(groups * 2)}` };
        if (n < 100) {
          rule.from = '2026-12-01T08:00:00Z';
          rule.until = '2026-12-01T12:00:00Z';
        }
    }
    policy.rules.push(rule);
  }
  const launcher = [];
  for (let n = 0; n < cards; n++) {
    const id = `card-${n}`;
    const at = Math.floor(pick(rules) / 10) * 10;
    switch (n % 8) {
      case 0:
      case 1:
      case 2:
        launcher.push({
          id,
          kind: 'kernel',
          name: `class${at + pick(4)}_python`,
          category: 'Notebook'
        });
        break;
      case 3:
        launcher.push({ id, kind: 'proxy', name: `class${at + 3}-tools`, category: 'Other' });
        break;
      case 4:
        launcher.push({ id, kind: 'service', name: `svc-${at + 5}` });
        break;
      case 5:
        launcher.push({
          id,
          kind: 'server',
          owner: `user-${pick(scopes)}`,
          name: `dash-${at + 6}-${n}`
        });
        break;
      case 6:
        launcher.push({
          id,
          kind: 'command',
          name: `tool${at + 7}:open`,
          command: `tool${at + 7}:open`,
          category: `Course ${at + 9}`
        });
        break;
      default:
        launcher.push({ id, kind: 'kernel', name: `python-gpu${at + 8}`, category: 'Console' });
    }
  }
  const held = [];
  for (let n = 0; n < scopes; n++) {
    const card = launcher[(n * 8 + 5) % launcher.length];
    held.push(
      n % 4 === 0
        ? `access:services!service=svc-${(n % rules) + 1}`
        : n % 4 === 1 && card?.kind === 'server'
          ? `access:servers!server=${card.owner}/${card.name}`
          : `read:users!user=user-${n}`
    );
  }
  const context = {
    hub: true,
    user: 'mmuster',
    admin: false,
    groups: Array.from({ length: groups }, (_, n) => `course-${n * 2}`),
    scopes: held,
    shares: ['profx/dash-6-5'],
    server: { owner: 'mmuster', name: '' },
    now: '2026-12-01T09:00:00Z',
    age_s: 0.4,
    stale: false,
    warnings: []
  };
  // The visitor has left a group.
  const otherContext = { ...context, groups: context.groups.slice(1) };
  return { policy, contexts: [context, otherContext], cards: launcher };
}

/** From the context's time to one at which some rules are no longer in force. */
export const LATER_MS = 4 * 60 * 60 * 1000;
