/** What can be read out of artifacts, by their type. `vulnerabilities` is asked for by an operation of its own. */
const byType: ReadonlyMap<string, readonly string[]> = new Map([
  ['IMAGE', ['build_history']],
  ['WASM', ['build_history']],
  ['CHART', ['values.yaml', 'readme.md', 'dependencies']],
]);

/** Indexes hold nothing that could be read out of them. */
const isIndex = (manifestMediaType: string): boolean => /(?:image\.index|manifest\.list)\.v\d/.test(manifestMediaType);

/** Names of the additions that an artifact has. */
export const additionsOf = (artifact: { type: string; manifest_media_type: string }): readonly string[] =>
  isIndex(artifact.manifest_media_type) ? [] : (byType.get(artifact.type) ?? []);
