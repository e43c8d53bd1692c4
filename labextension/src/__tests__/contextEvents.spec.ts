import type { Event } from '@jupyterlab/services';
import { Stream } from '@lumino/signaling';
import { followContextEvents } from '../contextEvents';

const EVENTS =
  'https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher/events';

it('follows the events about the context, and no others', () => {
  const stream = new Stream<Event.IManager, Event.Emission>(
    {} as Event.IManager
  );
  const onChange = jest.fn();
  followContextEvents({ stream } as unknown as Event.IManager, onChange);
  stream.emit({ schema_id: `${EVENTS}/decision/v1` });
  expect(onChange).not.toHaveBeenCalled();
  stream.emit({ schema_id: `${EVENTS}/context/v1` });
  expect(onChange).toHaveBeenCalledTimes(1);
});
