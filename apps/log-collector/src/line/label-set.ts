/** What a line is found by, besides its time. */
export type Labels = Readonly<Record<string, string>>;

/** Labels that many lines share, in the form in which a line carries them. */
export interface LabelSet {
  /** Names the folder that the line goes to. */
  service: string;
  /** All but `service`, as JSON with sorted keys. */
  text: string;
  /** What stands between the time and the message of a line that has nothing special about it. */
  middle: Buffer;
}

const maxLabels = 16;
const maxValueLength = 256;
/** Sets that are remembered; a stream of ever new labels costs time, not memory. */
const maxSets = 10_000;

const labelName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** A name that is safe as a folder. */
export function serviceName(text: string): string {
  const name = text
    .slice(0, 64)
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_');
  return name === '' ? 'unknown' : name;
}

/** Whole characters only: half of a surrogate pair has no form in UTF-8. */
const labelValue = (value: string): string => value.slice(0, maxValueLength).toWellFormed();

function textOf(labels: Labels): string {
  const kept = Object.keys(labels)
    .filter((name) => name !== 'service' && labelName.test(name) && labels[name] !== '')
    .sort()
    .slice(0, maxLabels);
  return JSON.stringify(Object.fromEntries(kept.map((name) => [name, labelValue(labels[name] ?? '')])));
}

/** Hands out one {@link LabelSet} for equal labels. */
export class LabelSets {
  private readonly sets = new Map<string, LabelSet>();

  of(service: string, labels: Labels): LabelSet {
    const name = serviceName(service);
    const text = textOf(labels);
    const key = `${name}\t${text}`;
    const known = this.sets.get(key);
    if (known !== undefined) return known;
    if (this.sets.size >= maxSets) this.sets.clear();
    const made = { service: name, text, middle: Buffer.from(`\t0\t${text}\t`) };
    this.sets.set(key, made);
    return made;
  }
}
