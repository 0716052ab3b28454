/** Every addition that can be asked for by name; `vulnerabilities` has an operation of its own. */
export const additionNames = [
  'build_history',
  'values.yaml',
  'readme.md',
  'dependencies',
  'sbom',
  'license',
  'files',
] as const;
export type AdditionName = (typeof additionNames)[number];

export const isAdditionName = (name: string): name is AdditionName => additionNames.some((known) => known === name);

/** What can be read out of artifacts, by their type. */
const byType: ReadonlyMap<string, readonly AdditionName[]> = new Map([
  ['IMAGE', ['build_history']],
  ['WASM', ['build_history']],
  ['CHART', ['values.yaml', 'readme.md', 'dependencies']],
  ['CNAI', ['readme.md', 'license', 'files']],
  ['SBOM', ['sbom']],
]);

/** Indexes hold nothing that could be read out of them. */
const isIndex = (manifestMediaType: string): boolean => /(?:image\.index|manifest\.list)\.v\d/.test(manifestMediaType);

/** Names of the additions that an artifact has. */
export const additionsOf = (artifact: { type: string; manifest_media_type: string }): readonly AdditionName[] =>
  isIndex(artifact.manifest_media_type) ? [] : (byType.get(artifact.type) ?? []);
