import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A project. Deleted ones keep their row, renamed to `name#id`: an id is never used twice. */
@Entity('project')
export class ProjectEntity {
  @PrimaryGeneratedColumn({ name: 'project_id', type: 'integer' })
  projectId!: number;

  @Column({ name: 'owner_id', type: 'integer' })
  ownerId!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'boolean' })
  deleted!: boolean;

  /** Remote registry of a proxy cache project, 0 for the others. */
  @Column({ name: 'registry_id', type: 'integer' })
  registryId!: number;

  @Column({ name: 'creation_time', type: 'timestamptz' })
  creationTime!: Date;

  @Column({ name: 'update_time', type: 'timestamptz' })
  updateTime!: Date;
}
