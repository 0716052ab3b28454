/** Digests under which Harbor keeps its built-in icons; clients know them. */
const icons = {
  image: 'sha256:0048162a053eef4d4ce3fe7518615bef084403614f8bca43b40ae2e762e11e06',
  chart: 'sha256:61cf3a178ff0f75bf08a25d96b75cf7355dc197749a9f128ed3ef34b0df05518',
  cnab: 'sha256:089bdda265c14d8686111402c8ad629e8177a1ceb7dcd0f7f39b6480f623b3bd',
  cnai: 'sha256:1e1e5c5fdaf0931ec8655e835d1182f723a0c322a6760211622e1270f0193717',
  wasm: 'sha256:badd7693bcaf115be202748241dd0ea6ee3b0524bfab9ac22d1e1c43721afec6',
  sbom: 'sha256:c19f80c357cd7e90d2a01b9ae3e2eb62ce447a2662bb590a19177d72d550bdae',
  cosign: 'sha256:20401d5b3a0f6dbc607c8d732eb08471af4ae6b19811a4efce8c6a724aed2882',
  notation: 'sha256:3ac706e102bbe9362b400aa162df58135d35e66b9c3bee2165de92022d25fe34',
  nydus: 'sha256:dfcb6617cd9c144358dc1b305b87bbe34f0b619f1e329116e6aee2e41f2e34cf',
  other: 'sha256:da834479c923584f4cbcdecc0dac61f32bef1d51e8aae598cf16bd154efab49f',
} as const;

const byArtifactType = new Map<string, string>([
  ['IMAGE', icons.image],
  ['CHART', icons.chart],
  ['CNAB', icons.cnab],
  ['CNAI', icons.cnai],
  ['WASM', icons.wasm],
  ['SBOM', icons.sbom],
]);

const byAccessoryType = new Map<string, string>([
  ['signature.cosign', icons.cosign],
  ['signature.notation', icons.notation],
  ['accelerator.nydus', icons.nydus],
  ['sbom.harbor', icons.sbom],
]);

/** @param type Harbor's word: IMAGE, CHART, … */
export const artifactIcon = (type: string): string => byArtifactType.get(type) ?? icons.other;

/** Empty for a type that has no icon of its own. */
export const accessoryIcon = (type: string): string => byAccessoryType.get(type) ?? '';
