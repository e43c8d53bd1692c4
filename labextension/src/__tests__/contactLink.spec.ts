import { nullTranslator } from '@jupyterlab/translation';
import { getContactLink } from '../access/contactLink';
import { createCard, createRequester } from './accessFixture';

const trans = nullTranslator.load('x');
const ann = createRequester({ hubPage: 'https://hub.edu/hub/admin' });

const getLink = (contact: string | null, given = {}, requester = ann) =>
  getContactLink(createCard({ contact, ...given }), requester, trans);

describe('getContactLink', () => {
  it('writes a mail that names the person, the card, the group and the page of the Hub', () => {
    const url = new URL(getLink('profx@example.edu', { request: 'class' })!);
    expect(url.protocol).toBe('mailto:');
    expect(url.pathname).toBe('profx@example.edu');
    expect([...url.searchParams.keys()]).toEqual(['subject', 'body']);
    expect(url.searchParams.get('subject')).toBe(
      'ann asks for access to Class A'
    );
    expect(url.searchParams.get('body')).toBe(
      'Please add the user ann to the group class, for access to "Class A".\r\n\r\n' +
        'Groups are changed here: https://hub.edu/hub/admin'
    );
  });

  it('does without a group and without a Hub', () => {
    const requester = createRequester();
    const url = new URL(getLink('mailto:p@x.edu', {}, requester)!);
    expect(url.pathname).toBe('p@x.edu');
    expect(url.searchParams.get('body')).toBe(
      'Please give the user ann access to "Class A".'
    );
  });

  it('encodes what would end the mail or add to it', () => {
    const link = getLink(
      'a+b@x.edu',
      { title: 'C++ & R?\r\nBcc: all@x.edu #1 "é"' },
      { ...ann, user: 'x&cc=all@x.edu' }
    )!;
    expect(link).not.toMatch(/[\s+"#]|&(?!body=)/);
    const url = new URL(link);
    expect([...url.searchParams.keys()]).toEqual(['subject', 'body']);
    expect(url.searchParams.get('subject')).toBe(
      'x&cc=all@x.edu asks for access to C++ & R?\r\nBcc: all@x.edu #1 "é"'
    );
    expect(decodeURIComponent(url.pathname)).toBe('a+b@x.edu');
  });

  it('leads to a web page', () => {
    expect(getLink('https://example.edu/ask?x=1#y')).toBe(
      'https://example.edu/ask?x=1#y'
    );
    expect(getLink('http://example.edu')).toBe('http://example.edu');
  });

  it.each([
    null,
    '',
    'the office, room 12',
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'https:///x',
    'ftp://example.edu/',
    'mailto:a@x.edu?bcc=b@x.edu',
    'a@x.edu?bcc=b@x.edu',
    'a@x.edu,b@x.edu&cc=c@x.edu',
    'a@x.edu\r\nBcc: b@x.edu'
  ])('makes no link of %j', contact => {
    expect(getLink(contact)).toBeNull();
  });
});
