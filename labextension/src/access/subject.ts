import type { TranslationBundle } from '@jupyterlab/translation';
import type { Subject } from './accessClient';

/**
 * As whom the launcher is looked at, in words.
 */
export function describeSubject(
  subject: Subject,
  trans: TranslationBundle
): string {
  if ('user' in subject) {
    return trans.__('You see the launcher as %1.', subject.user);
  }
  return subject.groups.length > 0
    ? trans.__(
        'You see the launcher as a member of %1.',
        subject.groups.join(', ')
      )
    : trans.__('You see the launcher as somebody who is in no group.');
}
