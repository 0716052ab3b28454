import { artifactTypeOf } from './artifact-type.js';
import { isDigest, type Digest } from './digest.js';
import type { ParsedManifest } from './manifest.js';
import { MediaTypes } from './media-type.js';

/** Harbor's words for what an accessory is to its subject. */
export type AccessoryType =
  'signature.cosign' | 'signature.notation' | 'accelerator.nydus' | 'sbom.harbor' | 'subject.accessory';

const cosignSignatureLayer = 'application/vnd.dev.cosign.simplesigning.v1+json';
const cosignSignatureTag = /^sha256-([0-9a-f]{64})\.sig$/;
const nydusBootstrapAnnotation = 'containerd.io/snapshot/nydus-bootstrap';

const typesByArtifactType = new Map<string, AccessoryType>([
  ['application/vnd.cncf.notary.signature', 'signature.notation'],
  ['application/vnd.dev.cosign.artifact.sig.v1+json', 'signature.cosign'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', 'signature.cosign'],
  ['application/vnd.goharbor.harbor.sbom.v1', 'sbom.harbor'],
]);

/**
 * What a manifest pushed under cosign's tag form `sha256-<hex>.sig` signs, or `null` when it is no such signature.
 * As in Harbor, `.att` and `.sbom` make ordinary artifacts, not accessories. The accessory's type is `signature.cosign`.
 */
export function cosignTagSubject(tag: string, manifest: Pick<ParsedManifest, 'layers'>): Digest | null {
  const hex = cosignSignatureTag.exec(tag)?.[1];
  if (hex === undefined || !manifest.layers.some(({ mediaType }) => mediaType === cosignSignatureLayer)) return null;
  const digest = `sha256:${hex}`;
  return isDigest(digest) ? digest : null;
}

/** What a manifest that has a `subject` is to it. */
export function accessoryType(manifest: ParsedManifest): AccessoryType {
  const artifactType = artifactTypeOf(manifest);
  const isImage = artifactType === MediaTypes.ociConfig || artifactType === MediaTypes.dockerConfig;
  // Nydus puts its bootstrap into the last layer.
  if (isImage && manifest.layers.at(-1)?.annotations?.[nydusBootstrapAnnotation] !== undefined) {
    return 'accelerator.nydus';
  }
  return typesByArtifactType.get(artifactType) ?? 'subject.accessory';
}
