// Draws the cost of a decision on all cards against the number of cards, both on logarithmic axes, as SVG.

const WIDTH = 760;
const HEIGHT = 440;
const LEFT = 78;
const RIGHT = 170;
const TOP = 46;
const BOTTOM = 58;

/** Colours of lines that can be told apart on white and on dark grey. */
const COLOURS = {
  'this engine': '#d9480f',
  'indexed JavaScript': '#1c7ed6',
  'plain JavaScript': '#2f9e44',
  CEL: '#9c36b5',
  casbin: '#868e96',
  'cedar-wasm': '#c2255c'
};

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .axis { stroke: #57606a; fill: none }
  .grid { stroke: #8c959f; stroke-opacity: 0.3; fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .axis { stroke: #9ea7b3 }
  }`;

const label = ms => (ms >= 1000 ? `${(ms / 1000).toLocaleString('en')} s` : ms >= 1 ? `${ms} ms` : `${Number((ms * 1000).toPrecision(1))} µs`);

/** One line for each contestant: `{name, points: [[cards, ms], …]}`. */
function linesOf({ workloads }) {
  const names = Object.keys(COLOURS);
  return names.map(name => ({
    name,
    points: workloads.map(({ cards, node, peers }) => [cards, node.times[name]?.pass.ms ?? peers[name].pass_ms])
  }));
}

export function plot(results) {
  const lines = linesOf(results);
  const decade = value => Math.floor(Math.log10(value));
  const all = lines.flatMap(({ points }) => points);
  const xs = all.map(([cards]) => cards);
  const ys = all.map(([, ms]) => ms);
  const [x0, x1] = [Math.log10(Math.min(...xs)) - 0.1, Math.log10(Math.max(...xs)) + 0.1];
  const [y0, y1] = [decade(Math.min(...ys)), decade(Math.max(...ys)) + 1];
  const x = cards => LEFT + ((Math.log10(cards) - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT);
  const y = ms => HEIGHT - BOTTOM - ((Math.log10(ms) - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM);
  const n = value => Number(value.toFixed(1));
  const parts = [];
  parts.push(`<text class="title" x="${LEFT}" y="22">One pass over all cards, everything resident (Node)</text>`);
  for (let power = y0; power <= y1; power++) {
    const at = n(y(10 ** power));
    parts.push(`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/>`);
    parts.push(`<text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${label(Number(`1e${power}`))}</text>`);
  }
  for (const { cards, rules } of results.workloads) {
    const at = n(x(cards));
    parts.push(`<path class="grid" d="M${at} ${TOP}V${HEIGHT - BOTTOM}"/>`);
    parts.push(`<text x="${at}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${cards.toLocaleString('en')} cards</text>`);
    parts.push(`<text x="${at}" y="${HEIGHT - BOTTOM + 38}" text-anchor="middle">${rules.toLocaleString('en')} rules</text>`);
  }
  parts.push(`<path class="axis" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`);
  // Names stand at the ends of the lines, a line's height apart.
  let last = -Infinity;
  for (const { name, points } of [...lines].sort((a, b) => b.points.at(-1)[1] - a.points.at(-1)[1])) {
    const colour = COLOURS[name];
    const path = points.map(([cards, ms], at) => `${at ? 'L' : 'M'}${n(x(cards))} ${n(y(ms))}`).join('');
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2.5"/>`);
    for (const [cards, ms] of points) {
      parts.push(`<circle cx="${n(x(cards))}" cy="${n(y(ms))}" r="4" fill="${colour}"/>`);
    }
    const end = Math.max(y(points.at(-1)[1]) + 4, last + 17);
    last = end;
    // The name itself has the colour of text: no colour of a line has enough contrast in both themes.
    parts.push(`<circle cx="${WIDTH - RIGHT + 16}" cy="${n(end - 4)}" r="4" fill="${colour}"/>`);
    parts.push(`<text x="${WIDTH - RIGHT + 26}" y="${n(end)}">${name}</text>`);
  }
  const title = 'Time of one pass over all cards against the number of cards, on logarithmic axes';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<title>${title}</title>
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`;
}
