import { Refresher } from '../refresher';

describe('Refresher', () => {
  let hidden = false;
  let load: jest.Mock<Promise<number>>;
  let refresher: Refresher;

  beforeEach(() => {
    jest.useFakeTimers();
    // No jitter.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    jest.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
    hidden = false;
    load = jest.fn(() => Promise.resolve(10));
    refresher = new Refresher(load);
  });

  afterEach(() => {
    refresher.dispose();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const show = (visible: boolean) => {
    hidden = !visible;
    document.dispatchEvent(new Event('visibilitychange'));
  };

  it('does nothing before it is asked', async () => {
    await pass(60_000);
    expect(load).not.toHaveBeenCalled();
  });

  it('loads as often as the last answer says', async () => {
    await refresher.refresh();
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

  it('varies the pause, but never loads more often', async () => {
    jest.mocked(Math.random).mockReturnValue(0.999);
    await refresher.refresh();
    await pass(10_900);
    expect(load).toHaveBeenCalledTimes(1);
    await pass(100);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('has one load under way at a time', async () => {
    let done = (_: number) => {};
    load.mockReturnValueOnce(new Promise(resolve => (done = resolve)));
    const first = refresher.refresh();
    const second = refresher.refresh();
    await pass(30_000);
    expect(load).toHaveBeenCalledTimes(1);
    done(10);
    await Promise.all([first, second]);
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('does not load again when it just has', async () => {
    await refresher.refresh();
    await pass(1_000);
    await refresher.refresh();
    expect(load).toHaveBeenCalledTimes(1);
    await pass(1_000);
    await refresher.refresh();
    expect(load).toHaveBeenCalledTimes(2);
    // And counts the pause from then on.
    await pass(9_000);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(1_000);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('waits longer and longer after failures, and not after a success', async () => {
    await refresher.refresh();
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

  it('never loads in a tight loop', async () => {
    load.mockResolvedValue(0);
    await refresher.refresh();
    await pass(10_000);
    expect(load.mock.calls.length).toBeLessThanOrEqual(6);
  });

  it('rests while the page is hidden, and loads when it is shown again', async () => {
    await refresher.refresh();
    show(false);
    await pass(120_000);
    expect(load).toHaveBeenCalledTimes(1);
    window.dispatchEvent(new Event('online'));
    expect(load).toHaveBeenCalledTimes(1);
    show(true);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('loads once in a page that starts hidden', async () => {
    hidden = true;
    await refresher.refresh();
    await pass(120_000);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('loads when the network is back', async () => {
    load.mockRejectedValueOnce(new Error('offline'));
    await refresher.refresh();
    await pass(3_000);
    window.dispatchEvent(new Event('online'));
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('ends with its disposal', async () => {
    await refresher.refresh();
    refresher.dispose();
    show(false);
    show(true);
    await pass(120_000);
    expect(load).toHaveBeenCalledTimes(1);
  });
});
