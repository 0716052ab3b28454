import { booleanParam } from '@haven/http';

/**
 * What is shown of each artifact beside itself. `with_scan_overview` and `with_sbom_overview` ask for what does not exist
 * yet, so they change nothing.
 */
export interface ArtifactOptions {
  withTags: boolean;
  /** Whether tags say if they can be moved. */
  withImmutability: boolean;
  withLabels: boolean;
  withAccessories: boolean;
  withInheritedAccessories: boolean;
}

/** Defaults are those of Harbor's API description. */
export const parseArtifactOptions = (query: unknown): ArtifactOptions => ({
  withTags: booleanParam(query, 'with_tag') ?? true,
  withImmutability: booleanParam(query, 'with_immutable_status') ?? false,
  withLabels: booleanParam(query, 'with_label') ?? false,
  withAccessories: booleanParam(query, 'with_accessory') ?? false,
  withInheritedAccessories: booleanParam(query, 'with_inherited_accessory') ?? false,
});
