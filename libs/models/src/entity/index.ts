import { MemberEntity } from './member.entity.js';
import { MetadataEntity } from './metadata.entity.js';
import { ProjectEntity } from './project.entity.js';
import { RepositoryEntity } from './repository.entity.js';
import { UserEntity } from './user.entity.js';

export const entities = [UserEntity, ProjectEntity, MemberEntity, MetadataEntity, RepositoryEntity];
export { MemberEntity, MetadataEntity, ProjectEntity, RepositoryEntity, UserEntity };
