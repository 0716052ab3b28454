import { stampOfFiles, stampOfTexts } from './stamp.ts';

describe('the stamp of a build', () => {
  const files = [
    { path: 'libs/a/src/index.ts', size: 10, mtimeMs: 1000.5 },
    { path: 'libs/b/src/index.ts', size: 20, mtimeMs: 2000 },
  ];
  const [first, second] = files as [(typeof files)[0], (typeof files)[0]];

  it('does not depend on the order in which files are found', () => {
    expect(stampOfFiles([second, first])).toBe(stampOfFiles(files));
  });

  it.each([
    ['a changed time', [first, { ...second, mtimeMs: 2000.25 }]],
    ['a changed size', [first, { ...second, size: 21 }]],
    ['a renamed file', [first, { ...second, path: 'libs/b/src/main.ts' }]],
    ['a file more', [...files, { path: 'x', size: 0, mtimeMs: 0 }]],
    ['a file less', [first]],
  ])('changes with %s', (_what, changed) => {
    expect(stampOfFiles(changed)).not.toBe(stampOfFiles(files));
  });

  it('keeps texts apart', () => {
    expect(stampOfTexts(['ab', 'c'])).not.toBe(stampOfTexts(['a', 'bc']));
  });
});
