import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A repository under its full name (`project/rest`). Those not `listed` hold uploads only and are not shown. */
@Entity('repository')
export class RepositoryEntity {
  @PrimaryGeneratedColumn({ name: 'repository_id', type: 'integer' })
  repositoryId!: number;

  @Column({ name: 'project_id', type: 'integer' })
  projectId!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'text' })
  description!: string;

  @Column({ type: 'boolean' })
  listed!: boolean;

  @Column({ name: 'creation_time', type: 'timestamptz' })
  creationTime!: Date;

  @Column({ name: 'update_time', type: 'timestamptz' })
  updateTime!: Date;
}
