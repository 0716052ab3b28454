import { accessoryIcon, artifactIcon, builtInIcon } from './built-in-icon.js';
import { pictureType } from './picture.js';

describe('built-in icons', () => {
  it('has one for every artifact, and for accessories of a known type', () => {
    expect(artifactIcon('SOMETHING')).toBe(artifactIcon('UNKNOWN'));
    expect(artifactIcon('CHART')).not.toBe(artifactIcon('UNKNOWN'));
    expect(accessoryIcon('signature.notation')).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(accessoryIcon('subject.accessory')).toBe('');
  });

  it('draws what it names, and nothing else', () => {
    for (const type of ['IMAGE', 'CHART', 'CNAB', 'CNAI', 'WASM', 'SBOM', 'OTHER']) {
      expect(builtInIcon(artifactIcon(type))).toMatch(/^<svg .*<path d="M[^"<>]+"\/><\/svg>$/);
    }
    for (const type of ['signature.cosign', 'signature.notation', 'accelerator.nydus', 'sbom.harbor']) {
      expect(builtInIcon(accessoryIcon(type))).toContain('<svg');
    }
    expect(builtInIcon(`sha256:${'0'.repeat(64)}`)).toBeNull();
  });
});

describe('pictureType', () => {
  it.each([
    ['\x89PNG\r\n\x1a\nrest', 'image/png'],
    ['\xff\xd8\xff\xe0rest', 'image/jpeg'],
    ['GIF89arest', 'image/gif'],
    ['<svg onload="alert(1)"/>', null],
    ['\x89PN', null],
    ['', null],
  ])('of %j is %s', (bytes, type) => {
    expect(pictureType(Buffer.from(bytes, 'latin1'))).toBe(type);
  });
});
