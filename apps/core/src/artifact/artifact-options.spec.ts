import { parseArtifactOptions } from './artifact-options.js';

describe('parseArtifactOptions', () => {
  it('shows tags and nothing else unless told', () => {
    expect(parseArtifactOptions({})).toEqual({
      withTags: true,
      withImmutability: false,
      withLabels: false,
      withAccessories: false,
      withInheritedAccessories: false,
    });
  });

  it('takes each flag', () => {
    const query = { with_tag: 'false', with_accessory: 'true', with_inherited_accessory: '1', with_label: 'true' };
    expect(parseArtifactOptions(query)).toEqual({
      withTags: false,
      withImmutability: false,
      withLabels: true,
      withAccessories: true,
      withInheritedAccessories: true,
    });
  });
});
