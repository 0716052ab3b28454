import { BoundedLabel, Tally } from '@haven/observability';

export type Content = 'blob' | 'manifest';

/** What one project pushes and pulls. */
export class ProjectTraffic {
  readonly pulls = { manifest: 0, blob: 0 };
  /** A mount is a blob that came without bytes. */
  readonly pushes = { manifest: 0, blob: 0, mount: 0 };
  pulledBytes = 0;
  pushedBytes = 0;
}

/** From 1 KiB to 4 GiB, in steps of four. */
const sizeBounds = Array.from({ length: 12 }, (_, step) => 1024 * 4 ** step);
const sizes = () => ({ blob: new Tally(sizeBounds), manifest: new Tally(sizeBounds) });

/** What goes in and out, by project: counted where it happens, by a look-up and some additions. */
export class Traffic {
  readonly projects: BoundedLabel<ProjectTraffic>;
  readonly pulledSizes = sizes();
  readonly storedSizes = sizes();
  private received = new Map<string, number>();

  /** @param projectLimit how many projects are counted by themselves */
  constructor(projectLimit: number) {
    this.projects = new BoundedLabel(projectLimit, () => new ProjectTraffic());
  }

  /** Something is handed over: where nginx sends it, it may still be sending, or be cut off. */
  pulled(kind: Content, repository: string, bytes: number): void {
    const project = this.of(repository);
    project.pulls[kind] += 1;
    project.pulledBytes += bytes;
    this.pulledSizes[kind].observe(bytes);
  }

  /** Bytes were stored, of an upload that may not be at its end. */
  stored(kind: Content, repository: string, bytes: number): void {
    this.of(repository).pushedBytes += bytes;
    if (bytes > 0) this.received.set(repository, (this.received.get(repository) ?? 0) + bytes);
    this.storedSizes[kind].observe(bytes);
  }

  /** Something is there now that can be pulled. */
  pushed(kind: Content | 'mount', repository: string): void {
    this.of(repository).pushes[kind] += 1;
  }

  /** Bytes that were stored since this was asked last, by repository. */
  takeReceived(): ReadonlyMap<string, number> {
    const { received } = this;
    this.received = new Map();
    return received;
  }

  private of(repository: string): ProjectTraffic {
    return this.projects.of(repository.slice(0, repository.indexOf('/')));
  }
}
