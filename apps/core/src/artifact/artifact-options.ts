import { booleanParam } from '@haven/http';

/**
 * What is shown of each artifact beside itself. `with_label`, `with_scan_overview`, `with_sbom_overview` and
 * `with_immutable_status` ask for what does not exist yet, so they change nothing.
 */
export interface ArtifactOptions {
  withTags: boolean;
  withAccessories: boolean;
  withInheritedAccessories: boolean;
}

/** Defaults are those of Harbor's API description. */
export const parseArtifactOptions = (query: unknown): ArtifactOptions => ({
  withTags: booleanParam(query, 'with_tag') ?? true,
  withAccessories: booleanParam(query, 'with_accessory') ?? false,
  withInheritedAccessories: booleanParam(query, 'with_inherited_accessory') ?? false,
});
