import type { IExplainedCard } from './accessClient';

/**
 * @returns A rule of a policy that matches this card and no other of its kind, as YAML. Whoever pastes it writes the condition.
 */
export function toRuleText(card: IExplainedCard): string {
  const name =
    card.kind === 'server' ? `${card.owner ?? ''}/${card.name}` : card.name;
  const matcher: [string, unknown][] = [[card.kind, name ?? '']];
  if (card.kind === 'command' || card.kind === 'link') {
    const args = Object.entries(card.args ?? {}).map(([key, value]) => [
      key,
      // The engine compares what is no text as JSON.
      typeof value === 'string' ? value : JSON.stringify(value)
    ]);
    if (args.length > 0) {
      matcher.push(['args', Object.fromEntries(args)]);
    }
  }
  const match = matcher
    .map(([key, value]) => `${key}: ${toYaml(value)}`)
    .join(', ');
  const id = `${card.kind}-${(name ?? '').replace(/[^\w.-]+/g, '-')}`;
  return [
    `- id: ${toYaml(id)}`,
    `  match: {${match}}`,
    '  show_when: {group: "WRITE-THE-GROUP"}',
    ''
  ].join('\n');
}

/**
 * JSON is YAML. Every text is quoted, so that none is read as a number or a boolean.
 */
function toYaml(value: unknown): string {
  return JSON.stringify(value);
}
