import { LiveStream, type Happening } from './live-stream.js';
import { wantedOf } from './stream.schema.js';
import type { View } from './viewer.service.js';

const view: View = { sees: (id) => id === 1, seesAddresses: () => true };
const kinds = ['push', 'pull', 'transfer'];

const happening = (name = 'push', repository = 'library/app', projectId = 1): Happening => ({
  ...{ name, repository, projectId },
  present: () => ({ repository, padding: 'x'.repeat(1_000) }),
});

const streamOf = (params: object = {}) => new LiveStream(wantedOf(params, kinds), view, () => undefined);
const textOf = (stream: LiveStream): string => ((stream.read() as Buffer | null) ?? '').toString();

describe('LiveStream', () => {
  it('tells a reader who was too slow how much was left out, and goes on', () => {
    const stream = streamOf();
    for (let count = 0; count < 1_000; count += 1) stream.offer(happening());
    const shown = textOf(stream).split('event: push').length - 1;
    expect(shown).toBeGreaterThan(100);
    stream.offer(happening('pull'));
    expect(textOf(stream)).toMatch(new RegExp(`^event: skipped\ndata: ${1_000 - shown}\n\nevent: pull\n`));
    stream.destroy();
  });

  it.each<[params: object, seen: string[]]>([
    [{}, ['push library/app', 'pull library/app', 'push library/other', 'push libraryx/app']],
    [{ kind: 'pull,transfer' }, ['pull library/app']],
    [{ project: 'library' }, ['push library/app', 'pull library/app', 'push library/other']],
    [{ repository: 'library/other' }, ['push library/other']],
  ])('shows what is asked for by %j, and nothing of what is not to be seen', (params, seen) => {
    const stream = streamOf(params);
    for (const [name, repository, projectId] of [
      ['push', 'library/app', 1],
      ['pull', 'library/app', 1],
      ['push', 'library/other', 1],
      ['push', 'libraryx/app', 1],
      ['push', 'library/app', 2],
    ] as const) {
      stream.offer(happening(name, repository, projectId));
    }
    const found = [...textOf(stream).matchAll(/event: (\w+)\ndata: \{"repository":"([^"]+)"/g)];
    expect(found.map(([, name, repository]) => `${name} ${repository}`)).toEqual(seen);
    stream.destroy();
  });

  it('takes nothing more once it is finished', async () => {
    const stream = streamOf();
    stream.finish();
    stream.finish();
    stream.offer(happening());
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe(': what happens from now on\n\n');
  });

  it('refuses to look for what there is not', () => {
    expect(() => wantedOf({ kind: 'push,nonsense' }, kinds)).toThrow('kind is of push, pull, transfer');
  });
});
