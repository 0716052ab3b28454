import { SyslogFraming } from './syslog-framing.js';

function framesOf(chunks: readonly (string | Buffer)[], most = 64): string[] {
  const frames: string[] = [];
  const framing = new SyslogFraming(most, (frame) => frames.push(frame.toString()));
  for (const chunk of chunks) framing.push(Buffer.from(chunk));
  framing.end();
  return frames;
}

describe('SyslogFraming', () => {
  it.each<[name: string, stream: string, frames: string[]]>([
    ['lines', '<1>a\n<1>b\r\n<1>c', ['<1>a', '<1>b', '<1>c']],
    ['counted messages', '4 <1>a4 <1>b', ['<1>a', '<1>b']],
    ['counted messages that hold line feeds', '9 <1>a\n<2>b4 <1>c', ['<1>a\n<2>b', '<1>c']],
    ['both in one stream', '4 <1>a<1>b\n5 <1>cc', ['<1>a', '<1>b', '<1>cc']],
    ['counted messages that end lines as well', '5 <1>a\n5 <1>b\n', ['<1>a', '<1>b']],
    ['messages ended by NUL', '<1>a\0\n<1>b\0\n', ['<1>a', '<1>b']],
    ['digits that are no count', '12 apples\n', ['12 apples']],
    ['empty lines', '\n\n<1>a\n\n', ['<1>a']],
    ['a count too long to be one', '123456789012 <1>a\n', ['123456789012 <1>a']],
    ['a counted message that breaks off', '99 <1>abc', ['99 <1>abc']],
  ])('finds %s, however they are cut', (_name, stream, frames) => {
    expect(framesOf([stream])).toEqual(frames);
    expect(framesOf(Array.from(stream))).toEqual(frames);
    expect(framesOf([stream.slice(0, 3), stream.slice(3)])).toEqual(frames);
  });

  it('cuts what is too long, and goes on behind it', () => {
    const long = 'x'.repeat(200);
    expect(framesOf([`<1>${long}\n<1>b\n`])).toEqual([`<1>${'x'.repeat(61)}`, '<1>b']);
    expect(framesOf(Array.from(`<1>${long}\n<1>b\n`))).toEqual([`<1>${'x'.repeat(61)}`, '<1>b']);
    expect(framesOf(Array.from(`203 <1>${long}4 <1>b`))).toEqual([`<1>${'x'.repeat(61)}`, '<1>b']);
  });
});
