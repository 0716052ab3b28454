import { Errors } from '@haven/errors';
import type { Descriptor } from '@haven/oci';

/** Where a layer's file lies in the model (model-spec "Annotations"). */
const filePath = 'org.cncf.model.filepath';
const document = /^application\/vnd\.cncf\.model\.doc\.v1\.(?:raw|tar|tar\+gzip)$/;

const mostDepth = 64;

/** The layer that holds a document of a model. @param names under any of which it may lie */
export const documentLayer = (layers: readonly Descriptor[], names: readonly string[]): Descriptor | undefined =>
  layers.find(
    ({ mediaType, annotations }) => document.test(mediaType) && names.includes(annotations?.[filePath] ?? ''),
  );

/** A file or folder of a model, as Harbor shows it. */
export interface ModelFile {
  name: string;
  type: 'directory' | 'file';
  size?: number;
  children?: ModelFile[];
}

type Folder = Map<string, Folder | number>;

/** What a model consists of: a tree, folders first. @throws AppError BAD_REQUEST when it is too deep */
export function filesOf(layers: readonly Descriptor[]): ModelFile[] {
  const root: Folder = new Map();
  for (const { annotations, size } of layers) {
    const path = annotations?.[filePath] ?? '';
    const steps = path.split('/').filter((step) => step !== '' && step !== '.');
    if (steps.length > mostDepth) throw Errors.badRequest('the folders of the model are too deep');
    const name = path.endsWith('/') ? undefined : steps.pop();
    const folder = steps.reduce(openFolder, root);
    if (name !== undefined) folder.set(name, size);
  }
  return list(root);
}

function openFolder(parent: Folder, name: string): Folder {
  const known = parent.get(name);
  if (known instanceof Map) return known;
  const folder: Folder = new Map();
  parent.set(name, folder);
  return folder;
}

function list(folder: Folder): ModelFile[] {
  const files = [...folder].map(([name, content]): ModelFile => {
    if (content instanceof Map)
      return { name, type: 'directory', ...(content.size > 0 && { children: list(content) }) };
    return { name, type: 'file', ...(content > 0 && { size: content }) };
  });
  return files.sort((a, b) => (a.type === b.type ? (a.name < b.name ? -1 : 1) : a.type === 'directory' ? -1 : 1));
}
