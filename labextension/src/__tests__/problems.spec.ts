import { nullTranslator } from '@jupyterlab/translation';
import { getProblem } from '../access/problems';
import type { ILauncherState, IPageFacts } from '../launcherState';

const trans = nullTranslator.load('x');

const PAGE: IPageFacts = {
  user: 'ann',
  admin: false,
  may_preview: false,
  has_locked: false,
  lists_hidden: false,
  problem: null
};

const GOOD: Pick<ILauncherState, 'error' | 'isStale' | 'page' | 'status'> = {
  error: null,
  isStale: false,
  page: PAGE,
  status: 'ready'
};

describe('getProblem', () => {
  it('says nothing while all is well, and before there is an answer', () => {
    expect(getProblem(GOOD, trans)).toBeNull();
    const waiting = { ...GOOD, page: null, status: 'pending' as const };
    expect(getProblem(waiting, trans)).toBeNull();
  });

  it('tells those who may see it where the policy is wrong', () => {
    const detail =
      'The launcher policy cannot be used.\npolicy.yaml:3:1: error';
    const error = { code: 'invalid-policy', detail } as const;
    const problem = getProblem({ ...GOOD, error }, trans);
    expect(problem?.text).toContain('policy of this server has an error');
    expect(problem?.details).toBe('policy.yaml:3:1: error');
    const toOthers = { ...error, detail: detail.split('\n')[0] };
    expect(getProblem({ ...GOOD, error: toOthers }, trans)?.details).toBeNull();
  });

  it('tells admins of a policy that was broken while running', () => {
    const page = { ...PAGE, problem: '  policy.yaml:3:1: error' };
    const problem = getProblem({ ...GOOD, page }, trans);
    expect(problem?.text).toContain('last good policy is in use');
    expect(problem?.details).toBe('policy.yaml:3:1: error');
    // `on_invalid: show`
    expect(
      getProblem({ ...GOOD, page, status: 'no_policy' }, trans)?.text
    ).toContain('all cards are shown');
  });

  it('says that the Hub does not answer, while cards are still shown', () => {
    expect(getProblem({ ...GOOD, isStale: true }, trans)?.text).toContain(
      'JupyterHub does not answer'
    );
  });

  it.each([
    ['not-authenticated', 'log-in'],
    ['engine-unavailable', 'reload'],
    ['network', 'retry'],
    ['hub-unreachable', 'retry'],
    ['not-found', null],
    ['access-revoked', null],
    ['of-a-newer-server', 'retry']
  ])('offers what mends %s', (code, remedy) => {
    const error = { code, detail: 'd' } as NonNullable<ILauncherState['error']>;
    const problem = getProblem({ ...GOOD, error }, trans);
    expect(problem?.remedy).toBe(remedy);
    expect(problem?.text).not.toBe('');
    expect(problem?.details).toBeNull();
  });
});
