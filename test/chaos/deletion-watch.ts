interface Doom {
  repository: string;
  /** Null for all that the repository has. */
  digests: readonly string[] | null;
}

interface Addition {
  repository: string;
  /** What was deleted while it went on. */
  dooms: Doom[];
}

/** Knows what must be there: what was acknowledged with no deletion beside it or after it. */
export class DeletionWatch {
  private readonly known = new Map<string, Set<string>>();
  private readonly underWay = new Set<Doom>();
  private readonly additions = new Set<Addition>();

  /** Digests by repository. */
  get certain(): readonly { repository: string; digest: string }[] {
    return [...this.known].flatMap(([repository, digests]) => [...digests].map((digest) => ({ repository, digest })));
  }

  /** @param work answers the digests that are there after it */
  async adding(repository: string, work: () => Promise<readonly string[]>): Promise<void> {
    const addition: Addition = {
      repository,
      dooms: [...this.underWay].filter((doom) => doom.repository === repository),
    };
    this.additions.add(addition);
    try {
      const lasting = (await work()).filter((digest) => !addition.dooms.some((doom) => isDoomed(doom, digest)));
      this.known.set(repository, new Set([...(this.known.get(repository) ?? []), ...lasting]));
    } finally {
      this.additions.delete(addition);
    }
  }

  /** Whatever becomes of the work, what it deletes is not certain any more. */
  async removing(doom: Doom, work: () => Promise<void>): Promise<void> {
    const { repository } = doom;
    for (const addition of this.additions) if (addition.repository === repository) addition.dooms.push(doom);
    const left = [...(this.known.get(repository) ?? [])].filter((digest) => !isDoomed(doom, digest));
    this.known.set(repository, new Set(left));
    this.underWay.add(doom);
    try {
      await work();
    } finally {
      this.underWay.delete(doom);
    }
  }
}

const isDoomed = ({ digests }: Doom, digest: string): boolean => digests === null || digests.includes(digest);
