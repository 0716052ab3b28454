/** A JSON object whose fields nobody has checked. */
type Fields = Readonly<Record<string, unknown>>;
type Reader = (value: unknown) => unknown;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asFields = (value: unknown): Fields => (isFields(value) ? value : {});

/** PostgreSQL's jsonb holds neither NUL nor half a surrogate pair; in the text of an image they mean nothing either. */
const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed();
const asText = (value: unknown): string => (typeof value === 'string' ? storable(value) : '');

const text: Reader = (value) => asText(value) || undefined;
const flag: Reader = (value) => (value === true ? true : undefined);
const texts: Reader = (value) => (Array.isArray(value) && value.length > 0 ? value.map(asText) : undefined);
const entries = (value: unknown, read: Reader): Fields | undefined => {
  const found = Object.entries(asFields(value)).map(([name, field]) => [storable(name), read(field)]);
  return found.length === 0 ? undefined : (Object.fromEntries(found) as Fields);
};
/** Names whose values are always empty objects. */
const names: Reader = (value) => entries(value, () => ({}));
const labels: Reader = (value) => entries(value, asText);

/** What Harbor keeps of an image's run-time configuration (image-spec "Image Configuration"). Nothing else is stored. */
const configFields: Readonly<Record<string, Reader>> = {
  User: text,
  ExposedPorts: names,
  Env: texts,
  Entrypoint: texts,
  Cmd: texts,
  Volumes: names,
  WorkingDir: text,
  Labels: labels,
  StopSignal: text,
  ArgsEscaped: flag,
};

const authorLabels = ['org.opencontainers.image.authors', 'maintainer'];

function authorOf(image: Fields, config: Fields): string {
  const labelled = asFields(config['Labels']);
  const candidates = [image['author'], ...authorLabels.map((label) => labelled[label])];
  return candidates.map(asText).find((author) => author !== '') ?? '';
}

/** Fields that are absent in Docker's and Go's way are left out: null, empty, false. */
const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/**
 * What Harbor shows of an image in `extra_attrs`, read from its config blob. A config that is no JSON object shows nothing.
 * @param bytes of the config blob
 */
export function imageAttributes(bytes: Buffer): Fields {
  const image = parseObject(bytes);
  if (image === null) return {};
  const config = asFields(image['config']);
  return {
    architecture: asText(image['architecture']),
    author: authorOf(image, config),
    config: present(Object.fromEntries(Object.entries(configFields).map(([name, read]) => [name, read(config[name])]))),
    created: text(image['created']) ?? null,
    os: asText(image['os']),
    ...present({ 'os.version': text(image['os.version']), variant: text(image['variant']) }),
  };
}

const mostDepth = 16;

/**
 * What is shown of an artifact whose config is a document of its own, such as a Helm chart's: all of it, as Harbor does.
 * What is nested too deeply to be stored becomes null. A config that is no JSON object shows nothing.
 * @param bytes of the config blob
 */
export const documentAttributes = (bytes: Buffer): Fields => (asStorable(parseObject(bytes) ?? {}) ?? {}) as Fields;

function asStorable(value: unknown, depth = 1): unknown {
  if (typeof value === 'string') return storable(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > mostDepth) return null;
  if (Array.isArray(value)) return value.map((item) => asStorable(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storable(key), asStorable(item, depth + 1)]));
}

function parseObject(bytes: Buffer): Fields | null {
  try {
    const document: unknown = JSON.parse(bytes.toString('utf8'));
    return isFields(document) ? document : null;
  } catch {
    return null;
  }
}
