import { Inject, Injectable } from '@nestjs/common';
import { statement } from '@haven/models';
import { MetadataEntity, ModelStore, type Transaction } from '@haven/models/orm';

export type Metadata = Readonly<Record<string, string>>;

const insert = statement(
  'metadata_insert',
  'INSERT INTO project_metadata (project_id, name, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
);
const upsert = statement(
  'metadata_upsert',
  `INSERT INTO project_metadata (project_id, name, value)
   SELECT $1, entry.key, entry.value FROM jsonb_each_text($2) AS entry
   ON CONFLICT ON CONSTRAINT project_metadata__name DO UPDATE SET value = excluded.value, update_time = now()`,
);

@Injectable()
export class MetadataRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** All keys of a project, or the one that is named. */
  async read(projectId: number, name?: string): Promise<Metadata> {
    const rows = await this.store.manager.findBy(MetadataEntity, {
      projectId,
      ...(name === undefined ? {} : { name }),
    });
    return Object.fromEntries(rows.map((row) => [row.name, row.value]));
  }

  /** @returns false when the project has the key already */
  async insert(tx: Transaction, projectId: number, name: string, value: string): Promise<boolean> {
    return (await tx.run(insert(projectId, name, value))) === 1;
  }

  /** Sets these keys and leaves the others. */
  async write(tx: Transaction, projectId: number, metadata: Metadata): Promise<void> {
    await tx.run(upsert(projectId, metadata));
  }

  async remove(tx: Transaction, projectId: number, name: string): Promise<void> {
    await tx.manager.delete(MetadataEntity, { projectId, name });
  }
}
