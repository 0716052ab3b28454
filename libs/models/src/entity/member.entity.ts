import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A user (`u`) or a group (`g`) with a role in a project. */
@Entity('project_member')
export class MemberEntity {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'project_id', type: 'integer' })
  projectId!: number;

  @Column({ name: 'entity_id', type: 'integer' })
  entityId!: number;

  @Column({ name: 'entity_type', type: 'char' })
  entityType!: 'u' | 'g';

  @Column({ type: 'integer' })
  role!: number;

  @Column({ name: 'creation_time', type: 'timestamptz' })
  creationTime!: Date;

  @Column({ name: 'update_time', type: 'timestamptz' })
  updateTime!: Date;
}
