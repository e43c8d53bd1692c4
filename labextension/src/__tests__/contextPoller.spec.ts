import { ContextPoller } from '../contextPoller';

describe('ContextPoller', () => {
  let hidden = false;
  let load: jest.Mock<Promise<number>>;
  let poller: ContextPoller;

  beforeEach(() => {
    jest.useFakeTimers();
    // No jitter.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    jest.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
    hidden = false;
    load = jest.fn(() => Promise.resolve(10));
    poller = new ContextPoller(load);
  });

  afterEach(() => {
    poller.dispose();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  /** Resolves when the load is over, which the poll starts with a timer. */
  const refresh = async () => {
    const loaded = poller.refresh();
    await pass(0);
    await loaded;
  };
  const show = (visible: boolean) => {
    hidden = !visible;
    document.dispatchEvent(new Event('visibilitychange'));
  };

  it('does not load before the first refresh', async () => {
    await pass(60_000);
    expect(load).not.toHaveBeenCalled();
  });

  it('loads as often as the last answer says', async () => {
    await refresh();
    await pass(9_999);
    expect(load).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(load).toHaveBeenCalledTimes(2);
    load.mockResolvedValue(60);
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(3);
    await pass(59_999);
    expect(load).toHaveBeenCalledTimes(3);
    await pass(1);
    expect(load).toHaveBeenCalledTimes(4);
  });

  it('makes pauses longer at random, but never shorter', async () => {
    jest.mocked(Math.random).mockReturnValue(0.999);
    await refresh();
    await pass(10_900);
    expect(load).toHaveBeenCalledTimes(1);
    await pass(100);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('has one load in progress at a time', async () => {
    let finish = (_: number) => {};
    load.mockReturnValueOnce(new Promise(resolve => (finish = resolve)));
    const first = poller.refresh();
    const second = poller.refresh();
    await pass(30_000);
    expect(load).toHaveBeenCalledTimes(1);
    finish(10);
    await Promise.all([first, second]);
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('waits for a scheduled load that is in progress', async () => {
    await refresh();
    let finish = (_: number) => {};
    load.mockReturnValueOnce(new Promise(resolve => (finish = resolve)));
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(2);
    const over = jest.fn();
    void poller.refresh(true).then(over);
    await pass(30_000);
    expect(load).toHaveBeenCalledTimes(2);
    expect(over).not.toHaveBeenCalled();
    finish(10);
    await pass(0);
    expect(over).toHaveBeenCalled();
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('loads within two seconds if forced', async () => {
    await refresh();
    void poller.refresh(true);
    await pass(0);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('accepts a pause that is too long for a timer', async () => {
    load.mockResolvedValue(1e9);
    await refresh();
    await pass(24 * 3600_000);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('does not load within two seconds of the last load', async () => {
    await refresh();
    await pass(1_000);
    await refresh();
    expect(load).toHaveBeenCalledTimes(1);
    await pass(1_000);
    await refresh();
    expect(load).toHaveBeenCalledTimes(2);
    // The pause counts from the last load on.
    await pass(9_000);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(1_000);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('doubles the pause with each failure, until a success', async () => {
    await refresh();
    load.mockRejectedValue(new Error('no'));
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(3);
    await pass(19_999);
    expect(load).toHaveBeenCalledTimes(3);
    await pass(1);
    expect(load).toHaveBeenCalledTimes(4);
    await pass(40_000 + 80_000 + 160_000);
    expect(load).toHaveBeenCalledTimes(7);
    // Five minutes at most.
    await pass(300_000);
    expect(load).toHaveBeenCalledTimes(8);
    load.mockResolvedValue(10);
    await pass(300_000);
    expect(load).toHaveBeenCalledTimes(9);
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(10);
  });

  it('never loads more often than every two seconds', async () => {
    load.mockResolvedValue(0);
    await refresh();
    await pass(10_000);
    expect(load.mock.calls.length).toBeLessThanOrEqual(6);
  });

  it('does not load while the page is hidden, and loads when it is shown again', async () => {
    await refresh();
    show(false);
    await pass(120_000);
    expect(load).toHaveBeenCalledTimes(1);
    window.dispatchEvent(new Event('online'));
    await pass(0);
    expect(load).toHaveBeenCalledTimes(1);
    show(true);
    await pass(0);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('loads once in a page that is hidden from the start', async () => {
    hidden = true;
    await refresh();
    await pass(120_000);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('loads when the network is back', async () => {
    load.mockRejectedValueOnce(new Error('offline'));
    await refresh();
    await pass(3_000);
    window.dispatchEvent(new Event('online'));
    await pass(0);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('loads at once when something has changed, also in a hidden page', async () => {
    await refresh();
    poller.reload();
    await pass(0);
    expect(load).toHaveBeenCalledTimes(2);
    show(false);
    poller.reload();
    await pass(0);
    expect(load).toHaveBeenCalledTimes(3);
    await pass(120_000);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('loads once more if something has changed while it loads', async () => {
    let finish = (_: number) => {};
    load.mockReturnValueOnce(new Promise(resolve => (finish = resolve)));
    void poller.refresh();
    await pass(0);
    poller.reload();
    poller.reload();
    await pass(5_000);
    expect(load).toHaveBeenCalledTimes(1);
    finish(10);
    await pass(10);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(9_000);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('stops when it is disposed of', async () => {
    await refresh();
    poller.dispose();
    await refresh();
    poller.reload();
    show(false);
    show(true);
    await pass(120_000);
    expect(load).toHaveBeenCalledTimes(1);
  });
});
