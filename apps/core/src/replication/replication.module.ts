import { Module } from '@nestjs/common';
import { ExecutionModule } from '../execution/execution.module.js';
import { ReplicationExecutionService } from './replication-execution.service.js';
import { ReplicationPolicyRepository } from './replication-policy.repository.js';
import { ReplicationPolicyService } from './replication-policy.service.js';
import { ReplicationController } from './replication.controller.js';

@Module({
  imports: [ExecutionModule],
  controllers: [ReplicationController],
  providers: [ReplicationPolicyService, ReplicationPolicyRepository, ReplicationExecutionService],
})
export class ReplicationModule {}
