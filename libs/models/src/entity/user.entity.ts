import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A person. Deleted users keep their row, renamed to `name#id`, so that history keeps its author. */
@Entity('harbor_user')
export class UserEntity {
  @PrimaryGeneratedColumn({ name: 'user_id', type: 'integer' })
  userId!: number;

  @Column({ type: 'varchar' })
  username!: string;

  @Column({ type: 'varchar', nullable: true })
  email!: string | null;

  /** Hash with its parameters (libs/auth, password.ts); empty for users who log in elsewhere. Never selected by chance. */
  @Column({ type: 'text', select: false })
  password!: string;

  @Column({ type: 'varchar' })
  realname!: string;

  @Column({ type: 'varchar' })
  comment!: string;

  @Column({ type: 'boolean' })
  deleted!: boolean;

  @Column({ name: 'sysadmin_flag', type: 'boolean' })
  sysadminFlag!: boolean;

  @Column({ name: 'creation_time', type: 'timestamptz' })
  creationTime!: Date;

  @Column({ name: 'update_time', type: 'timestamptz' })
  updateTime!: Date;
}
