import { Module } from '@nestjs/common';
import { AdditionModule } from './addition/addition.module.js';
import { ArtifactModule } from './artifact/artifact.module.js';
import { AuditLogModule } from './audit-log/audit-log.module.js';
import { ConfigurationModule } from './configuration/configuration.module.js';
import { CoreConfigModule } from './core.config.js';
import { CveAllowlistModule } from './cve-allowlist/cve-allowlist.module.js';
import { DatabaseModule } from './database/database.module.js';
import { ExplainModule } from './explain/explain.module.js';
import { GcModule } from './gc/gc.module.js';
import { HealthModule } from './health/health.module.js';
import { IconModule } from './icon/icon.module.js';
import { ImmutableModule } from './immutable/immutable.module.js';
import { JobserviceModule } from './jobservice/jobservice.module.js';
import { LabelModule } from './label/label.module.js';
import { LdapModule } from './ldap/ldap.module.js';
import { LoggerModule } from './logger.module.js';
import { LogModule } from './log/log.module.js';
import { MemberModule } from './member/member.module.js';
import { MetadataModule } from './metadata/metadata.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OidcModule } from './oidc/oidc.module.js';
import { OperationModule } from './operation/operation.module.js';
import { OutboundModule } from './outbound.module.js';
import { PermissionModule } from './permission/permission.module.js';
import { PingModule } from './ping/ping.module.js';
import { ProjectModule } from './project/project.module.js';
import { PurgeModule } from './purge/purge.module.js';
import { QuotaModule } from './quota/quota.module.js';
import { RegistryEndpointModule } from './registry-endpoint/registry-endpoint.module.js';
import { RegistryEventModule } from './registry-event/registry-event.module.js';
import { ReplicationModule } from './replication/replication.module.js';
import { ReportModule } from './report/report.module.js';
import { RepositoryModule } from './repository/repository.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { RobotModule } from './robot/robot.module.js';
import { ScrubModule } from './scrub/scrub.module.js';
import { SearchModule } from './search/search.module.js';
import { SecurityModule } from './security/security.module.js';
import { RedisModule } from './session/redis.module.js';
import { SessionModule } from './session/session.module.js';
import { SpaceModule } from './space/space.module.js';
import { StatisticModule } from './statistic/statistic.module.js';
import { SystemInfoModule } from './system-info/system-info.module.js';
import { TagModule } from './tag/tag.module.js';
import { TokenModule } from './token/token.module.js';
import { TrafficModule } from './traffic/traffic.module.js';
import { UserGroupModule } from './user-group/user-group.module.js';
import { TrashModule } from './trash/trash.module.js';
import { UserModule } from './user/user.module.js';
import { WebhookModule } from './webhook/webhook.module.js';

/** What every feature stands on. */
const foundations = [
  CoreConfigModule,
  LoggerModule,
  DatabaseModule,
  RedisModule,
  ConfigurationModule,
  OutboundModule,
  SecurityModule,
];

/** Every feature of core, one folder each, named by its API tag. */
@Module({
  imports: [
    ...foundations,
    AdditionModule,
    ArtifactModule,
    CveAllowlistModule,
    AuditLogModule,
    ExplainModule,
    HealthModule,
    IconModule,
    ImmutableModule,
    JobserviceModule,
    LabelModule,
    LdapModule,
    LogModule,
    MemberModule,
    MetadataModule,
    MetricsModule,
    OidcModule,
    OperationModule,
    PermissionModule,
    PingModule,
    ProjectModule,
    PurgeModule,
    GcModule,
    ScrubModule,
    TrashModule,
    SpaceModule,
    QuotaModule,
    RegistryEndpointModule,
    RegistryEventModule,
    ReplicationModule,
    ReportModule,
    RepositoryModule,
    RetentionModule,
    RobotModule,
    SearchModule,
    SessionModule,
    StatisticModule,
    SystemInfoModule,
    TagModule,
    TokenModule,
    TrafficModule,
    UserGroupModule,
    UserModule,
    WebhookModule,
  ],
})
export class AppModule {}
