/** An icon that every platform has. The digest names it, and is no digest of ours: clients know it from Harbor. */
interface BuiltInIcon {
  digest: string;
  /** Shapes on a field of 48 × 48, drawn in outline. */
  drawing: string;
}

const icons = {
  // Layers.
  image: {
    digest: 'sha256:0048162a053eef4d4ce3fe7518615bef084403614f8bca43b40ae2e762e11e06',
    drawing: 'M24 6 44 17 24 28 4 17ZM4 24l20 11 20-11M4 31l20 11 20-11',
  },
  // A helm.
  chart: {
    digest: 'sha256:61cf3a178ff0f75bf08a25d96b75cf7355dc197749a9f128ed3ef34b0df05518',
    drawing:
      'M36 24a12 12 0 1 1-24 0 12 12 0 1 1 24 0ZM28 24a4 4 0 1 1-8 0 4 4 0 1 1 8 0ZM24 4v16m0 8v16M7 14l14 8m6 4 14 8M41 14l-14 8m-6 4L7 34',
  },
  // A box with a band.
  cnab: {
    digest: 'sha256:089bdda265c14d8686111402c8ad629e8177a1ceb7dcd0f7f39b6480f623b3bd',
    drawing: 'M24 4 42 14v20L24 44 6 34V14ZM6 14l18 10 18-10M24 24v20M15 9l18 10v8',
  },
  // A network of nodes.
  cnai: {
    digest: 'sha256:1e1e5c5fdaf0931ec8655e835d1182f723a0c322a6760211622e1270f0193717',
    drawing:
      'M13 10a4 4 0 1 1-8 0 4 4 0 1 1 8 0ZM13 24a4 4 0 1 1-8 0 4 4 0 1 1 8 0ZM13 38a4 4 0 1 1-8 0 4 4 0 1 1 8 0ZM43 17a4 4 0 1 1-8 0 4 4 0 1 1 8 0ZM43 31a4 4 0 1 1-8 0 4 4 0 1 1 8 0ZM13 10l22 7-22 7 22 7-22 7',
  },
  // A W in a notched square.
  wasm: {
    digest: 'sha256:badd7693bcaf115be202748241dd0ea6ee3b0524bfab9ac22d1e1c43721afec6',
    drawing: 'M6 6h12a6 6 0 0 0 12 0h12v36H6ZM12 24l4 12 8-12 8 12 4-12',
  },
  // A list of parts.
  sbom: {
    digest: 'sha256:c19f80c357cd7e90d2a01b9ae3e2eb62ce447a2662bb590a19177d72d550bdae',
    drawing: 'M10 4h20l8 8v32H10ZM30 4v8h8M16 20h2m4 0h10M16 28h2m4 0h10M16 36h2m4 0h10',
  },
  // A seal with ribbons.
  cosign: {
    digest: 'sha256:20401d5b3a0f6dbc607c8d732eb08471af4ae6b19811a4efce8c6a724aed2882',
    drawing: 'M38 18a14 14 0 1 1-28 0 14 14 0 1 1 28 0ZM18 18l4 5 9-10M16 30l-2 14 10-5 10 5-2-14',
  },
  // A signed sheet.
  notation: {
    digest: 'sha256:3ac706e102bbe9362b400aa162df58135d35e66b9c3bee2165de92022d25fe34',
    drawing: 'M8 6h32v36H8ZM14 14h20M14 21h20M14 35c4-10 6-8 6-4s4 2 6-1 2 4 8 3',
  },
  // A drop going fast.
  nydus: {
    digest: 'sha256:dfcb6617cd9c144358dc1b305b87bbe34f0b619f1e329116e6aee2e41f2e34cf',
    drawing: 'M30 6c8 11 12 17 12 23a12 12 0 0 1-24 0c0-6 4-12 12-23ZM4 18h10M4 26h8M4 34h10',
  },
  // A box of whatever.
  other: {
    digest: 'sha256:da834479c923584f4cbcdecc0dac61f32bef1d51e8aae598cf16bd154efab49f',
    drawing: 'M24 4 42 14v20L24 44 6 34V14ZM6 14l18 10 18-10M24 24v20',
  },
} as const satisfies Record<string, BuiltInIcon>;

const byArtifactType = new Map<string, BuiltInIcon>([
  ['IMAGE', icons.image],
  ['CHART', icons.chart],
  ['CNAB', icons.cnab],
  ['CNAI', icons.cnai],
  ['WASM', icons.wasm],
  ['SBOM', icons.sbom],
]);

const byAccessoryType = new Map<string, BuiltInIcon>([
  ['signature.cosign', icons.cosign],
  ['signature.notation', icons.notation],
  ['accelerator.nydus', icons.nydus],
  ['sbom.harbor', icons.sbom],
]);

const byDigest = new Map<string, BuiltInIcon>(Object.values(icons).map((icon) => [icon.digest, icon]));

/** Digest of the icon for a kind of artifact. @param type Harbor's word: IMAGE, CHART, … */
export const artifactIcon = (type: string): string => (byArtifactType.get(type) ?? icons.other).digest;

/** The same for accessories; empty for a type that has no icon of its own. */
export const accessoryIcon = (type: string): string => byAccessoryType.get(type)?.digest ?? '';

/** An icon as an SVG document, or null when none is built in under the digest. */
export function builtInIcon(digest: string): string | null {
  const icon = byDigest.get(digest);
  if (icon === undefined) return null;
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50" viewBox="0 0 48 48" fill="none" stroke="#2563a8" ' +
    `stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round"><path d="${icon.drawing}"/></svg>`
  );
}
