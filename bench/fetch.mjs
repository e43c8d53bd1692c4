// The server's answers without a network, and a clock that can be set: the same for all that is timed.

export const URL = 'http://localhost/scoped-launcher/context';
export const TIMEOUT_MS = 60_000;

const readClock = performance.now.bind(performance);
let skewMs = 0;
let answer;

/** Time in milliseconds, which `moveClock` does not change. */
export const clock = readClock;

/** From now on, `fetch` answers what `setAnswer` was given last, and `performance.now` can be moved. */
export function install() {
  globalThis.fetch = async () => new Response(answer, { headers: { 'Content-Type': 'application/json' } });
  performance.now = () => readClock() + skewMs;
}

/** Sets the bytes that `fetch` answers. */
export function setAnswer(bytes) {
  answer = bytes;
}

/** Moves `performance.now`, by which pages tell the server's time. */
export function moveClock(ms) {
  skewMs = ms;
}

/** Reads the context as a careful page does without an engine: the options are those of the engine. */
export async function fetchContext() {
  const response = await fetch(
    new Request(URL, {
      headers: new Headers(),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS)
    })
  );
  return response.json();
}
