import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { toRuleText } from '../access/ruleText';
import { createCard } from './accessFixture';

const COMMAND = join(__dirname, '../../../.venv/bin/scoped-launcher');

const CARDS = [
  createCard(),
  createCard({ name: 'a "b" \\ c: {d} #e %f' }),
  createCard({ name: '- x' }),
  createCard({ name: 'ünï ✓ \u2028 \ud83d\ude00' }),
  createCard({ name: '007' }),
  createCard({ name: 'true' }),
  createCard({ kind: 'proxy', name: 'class-tools', category: 'Class: "A"' }),
  createCard({ kind: 'service', name: 'class-web' }),
  createCard({ kind: 'server', owner: 'profx', name: 'dash-1' }),
  createCard({ kind: 'server', owner: 'profx', name: '' }),
  createCard({ kind: 'link', name: 'week-1', policy_card: 'week-1' }),
  createCard({ kind: 'command', name: 'terminal:create-new', args: {} }),
  createCard({
    kind: 'command',
    name: 'fileeditor:create-new',
    args: { fileExt: 'r', isLauncher: true, n: 1, none: null, deep: { a: [1] } }
  })
];

/** The answers of the real command line, one for each request. */
function ask(requests: object[]): Record<string, unknown>[] {
  const input = requests.map(request => JSON.stringify(request)).join('\n');
  const output = execFileSync(COMMAND, ['batch'], { encoding: 'utf8', input });
  return output
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

describe('toRuleText', () => {
  it('writes rules that lint accepts, each of which decides on its card and on no other', () => {
    const policies = CARDS.map(
      card => `version: 1\nrules:\n${toRuleText(card)}`
    );
    const cards = CARDS.map(
      ({ kind, name, owner, args, policy_card, category }, i) => ({
        id: String(i),
        ...{ kind, name, category, policy_card },
        ...(owner ? { owner } : {}),
        ...(args ? { args } : {})
      })
    );
    const context = { user: 'ann', groups: ['other'], hub: true };
    const answers = ask(
      policies.flatMap(policy => [
        { op: 'lint', policy },
        { op: 'decide', policy, context, cards }
      ])
    );
    const decided = policies.map((_, i) => {
      expect(answers[2 * i]).toMatchObject({ errors: [] });
      const { decisions } = answers[2 * i + 1] as {
        decisions: { id: string; rule: string | null }[];
      };
      return decisions.filter(({ rule }) => rule !== null).map(({ id }) => id);
    });
    expect(decided).toEqual(CARDS.map((_, i) => [String(i)]));
  }, 60_000);

  it('says where the condition is to be written', () => {
    expect(toRuleText(createCard())).toBe(
      '- id: "kernel-class_a"\n  match: {kernel: "class_a"}\n  show_when: {group: "WRITE-THE-GROUP"}\n'
    );
  });
});
