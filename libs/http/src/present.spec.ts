import { compact, dateTime, keep } from './present.js';

describe('compact', () => {
  it('leaves zero values out, as Go does', () => {
    const empty = { text: '', number: 0, flag: false, map: {}, missing: undefined };
    expect(compact(empty)).toEqual({});
    expect(compact({ text: 'a', number: -1, flag: true, map: { a: 1 } })).toEqual({
      text: 'a',
      number: -1,
      flag: true,
      map: { a: 1 },
    });
  });

  it('keeps what it is told to, and pointers that are set', () => {
    expect(
      compact({ count: keep(0), flag: keep(false), role: keep(null), text: keep(''), id: keep(undefined) }),
    ).toEqual({
      count: 0,
      flag: false,
      text: '',
    });
  });

  it('always sends nested lists, and null for an empty one', () => {
    expect(compact({ tags: [], labels: [{ id: 1 }], accessories: null })).toEqual({
      tags: null,
      labels: [{ id: 1 }],
      accessories: null,
    });
  });

  it('sends times with milliseconds, and the zero time for none', () => {
    const time = new Date('2026-04-05T06:07:08.9Z');
    expect(compact({ creation_time: time, update_time: dateTime(null) })).toEqual({
      creation_time: '2026-04-05T06:07:08.900Z',
      update_time: '0001-01-01T00:00:00.000Z',
    });
    expect(dateTime(new Date('2026-04-05T06:07:08Z'))).toBe('2026-04-05T06:07:08.000Z');
  });
});
