import { Module } from '@nestjs/common';
import { AuditForwardService } from './audit-forward.service.js';
import { AuditLogController } from './audit-log.controller.js';
import { AuditLogRepository } from './audit-log.repository.js';
import { AuditLogService } from './audit-log.service.js';

@Module({ controllers: [AuditLogController], providers: [AuditLogService, AuditLogRepository, AuditForwardService] })
export class AuditLogModule {}
