/**
 * Every operation of the API: `operation | method and path | who may call it`. Written down from the inventory of
 * Harbor's API, not from the code, so that each can be held against the other.
 *
 * - `open`: anyone; `auth`: anyone who has said who they are; `service`: other services only
 * - `S:resource:action`: whoever has this permission in the system; `self …`: or the user that the path names
 * - `P:resource:action`: whoever has this permission in the project that the path names; `auth …`: but not anonymous
 * - `admin-of-any`: system administrators and admins of any project
 * - `request`: it depends on what the request is about
 */
export const operations = `
getHealth | GET /health | open
search | GET /search | open
getStatistic | GET /statistics | auth
pingLdap | POST /ldap/ping | S:configuration:read
searchLdapUser | GET /ldap/users/search | S:ldap-user:list
importLdapUser | POST /ldap/users/import | S:ldap-user:create
searchLdapGroup | GET /ldap/groups/search | S:ldap-user:list
getInternalconfig | GET /internalconfig | service
getConfigurations | GET /configurations | S:configuration:read
updateConfigurations | PUT /configurations | S:configuration:update
listProjects | GET /projects | open
headProject | HEAD /projects | auth
createProject | POST /projects | auth
getProject | GET /projects/{project_name_or_id} | P:self:read
updateProject | PUT /projects/{project_name_or_id} | P:self:update
deleteProject | DELETE /projects/{project_name_or_id} | P:self:delete
getProjectDeletable | GET /projects/{project_name_or_id}/_deletable | P:self:delete
getProjectSummary | GET /projects/{project_name_or_id}/summary | P:self:read
listArtifactsOfProject | GET /projects/{project_name_or_id}/artifacts | auth P:artifact:list
getScannerOfProject | GET /projects/{project_name_or_id}/scanner | auth P:scanner:read
setScannerOfProject | PUT /projects/{project_name_or_id}/scanner | auth P:scanner:create
listScannerCandidatesOfProject | GET /projects/{project_name_or_id}/scanner/candidates | auth P:scanner:create
getLogs | GET /projects/{project_name}/logs | P:log:list
getLogExts | GET /projects/{project_name}/auditlog-exts | P:log:list
listProjectMembers | GET /projects/{project_name_or_id}/members | P:member:list
createProjectMember | POST /projects/{project_name_or_id}/members | P:member:create
getProjectMember | GET /projects/{project_name_or_id}/members/{mid} | P:member:read
updateProjectMember | PUT /projects/{project_name_or_id}/members/{mid} | P:member:update
deleteProjectMember | DELETE /projects/{project_name_or_id}/members/{mid} | P:member:delete
listProjectMetadatas | GET /projects/{project_name_or_id}/metadatas | P:metadata:list
addProjectMetadatas | POST /projects/{project_name_or_id}/metadatas | P:metadata:create
getProjectMetadata | GET /projects/{project_name_or_id}/metadatas/{meta_name} | P:metadata:read
updateProjectMetadata | PUT /projects/{project_name_or_id}/metadatas/{meta_name} | P:metadata:update
deleteProjectMetadata | DELETE /projects/{project_name_or_id}/metadatas/{meta_name} | P:metadata:delete
listAllRepositories | GET /repositories | open
listRepositories | GET /projects/{project_name}/repositories | P:repository:list
getRepository | GET /projects/{project_name}/repositories/{repository_name} | P:repository:read
updateRepository | PUT /projects/{project_name}/repositories/{repository_name} | P:repository:update
deleteRepository | DELETE /projects/{project_name}/repositories/{repository_name} | P:repository:delete
listArtifacts | GET /projects/{project_name}/repositories/{repository_name}/artifacts | P:artifact:list
CopyArtifact | POST /projects/{project_name}/repositories/{repository_name}/artifacts | P:artifact:create
getArtifact | GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference} | P:artifact:read
deleteArtifact | DELETE /projects/{project_name}/repositories/{repository_name}/artifacts/{reference} | P:artifact:delete
createTag | POST /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags | P:tag:create
listTags | GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags | P:tag:list
deleteTag | DELETE /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags/{tag_name} | P:tag:delete
listAccessories | GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/accessories | P:accessory:list
getVulnerabilitiesAddition | GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/additions/vulnerabilities | P:artifact-addition:read
getAddition | GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/additions/{addition} | P:artifact-addition:read
addLabel | POST /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/labels | P:artifact-label:create
removeLabel | DELETE /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/labels/{label_id} | P:artifact-label:delete
scanArtifact | POST /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/scan | request
stopScanArtifact | POST /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/scan/stop | request
getReportLog | GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/scan/{report_id}/log | P:scan:read
listAuditLogs | GET /audit-logs | auth
listAuditLogExts | GET /auditlog-exts | auth
listAuditLogEventTypes | GET /auditlog-exts/events | S:audit-log:list
ListProviders | GET /p2p/preheat/providers | S:preheat-instance:list
PingInstances | POST /p2p/preheat/instances/ping | S:preheat-instance:read
ListInstances | GET /p2p/preheat/instances | S:preheat-instance:list
CreateInstance | POST /p2p/preheat/instances | S:preheat-instance:create
GetInstance | GET /p2p/preheat/instances/{preheat_instance_name} | S:preheat-instance:read
DeleteInstance | DELETE /p2p/preheat/instances/{preheat_instance_name} | S:preheat-instance:delete
UpdateInstance | PUT /p2p/preheat/instances/{preheat_instance_name} | S:preheat-instance:update
CreatePolicy | POST /projects/{project_name}/preheat/policies | P:preheat-policy:create
ListPolicies | GET /projects/{project_name}/preheat/policies | P:preheat-policy:list
GetPolicy | GET /projects/{project_name}/preheat/policies/{preheat_policy_name} | P:preheat-policy:read
UpdatePolicy | PUT /projects/{project_name}/preheat/policies/{preheat_policy_name} | P:preheat-policy:update
ManualPreheat | POST /projects/{project_name}/preheat/policies/{preheat_policy_name} | P:preheat-policy:read
DeletePolicy | DELETE /projects/{project_name}/preheat/policies/{preheat_policy_name} | P:preheat-policy:delete
ListExecutions | GET /projects/{project_name}/preheat/policies/{preheat_policy_name}/executions | P:preheat-policy:list
GetExecution | GET /projects/{project_name}/preheat/policies/{preheat_policy_name}/executions/{execution_id} | P:preheat-policy:read
StopExecution | PATCH /projects/{project_name}/preheat/policies/{preheat_policy_name}/executions/{execution_id} | P:preheat-policy:update
ListTasks | GET /projects/{project_name}/preheat/policies/{preheat_policy_name}/executions/{execution_id}/tasks | P:preheat-policy:list
GetPreheatLog | GET /projects/{project_name}/preheat/policies/{preheat_policy_name}/executions/{execution_id}/tasks/{task_id}/logs | P:preheat-policy:read
ListProvidersUnderProject | GET /projects/{project_name}/preheat/providers | P:preheat-policy:list
ListImmuRules | GET /projects/{project_name_or_id}/immutabletagrules | P:immutable-tag:list
CreateImmuRule | POST /projects/{project_name_or_id}/immutabletagrules | P:immutable-tag:create
UpdateImmuRule | PUT /projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id} | P:immutable-tag:update
DeleteImmuRule | DELETE /projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id} | P:immutable-tag:delete
ListWebhookPoliciesOfProject | GET /projects/{project_name_or_id}/webhook/policies | P:notification-policy:list
CreateWebhookPolicyOfProject | POST /projects/{project_name_or_id}/webhook/policies | P:notification-policy:create
GetWebhookPolicyOfProject | GET /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id} | P:notification-policy:read
UpdateWebhookPolicyOfProject | PUT /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id} | P:notification-policy:update
DeleteWebhookPolicyOfProject | DELETE /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id} | P:notification-policy:delete
ListExecutionsOfWebhookPolicy | GET /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}/executions | P:notification-policy:read
ListTasksOfWebhookExecution | GET /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}/executions/{execution_id}/tasks | P:notification-policy:read
GetLogsOfWebhookTask | GET /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}/executions/{execution_id}/tasks/{task_id}/log | P:notification-policy:read
redeliverWebhook | POST /projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}/executions/{execution_id}/redeliver | P:notification-policy:update
LastTrigger | GET /projects/{project_name_or_id}/webhook/lasttrigger | P:notification-policy:read
GetSupportedEventTypes | GET /projects/{project_name_or_id}/webhook/events | P:notification-policy:read
ListWebhookJobs | GET /projects/{project_name_or_id}/webhook/jobs | P:notification-policy:list
listUserGroups | GET /usergroups | S:user-group:list
createUserGroup | POST /usergroups | S:user-group:create
searchUserGroups | GET /usergroups/search | auth
getUserGroup | GET /usergroups/{group_id} | S:user-group:read
updateUserGroup | PUT /usergroups/{group_id} | S:user-group:update
deleteUserGroup | DELETE /usergroups/{group_id} | S:user-group:delete
getIcon | GET /icons/{digest} | open
ListRobot | GET /robots | request
CreateRobot | POST /robots | request
GetRobotByID | GET /robots/{robot_id} | request
UpdateRobot | PUT /robots/{robot_id} | request
RefreshSec | PATCH /robots/{robot_id} | request
DeleteRobot | DELETE /robots/{robot_id} | request
listQuotas | GET /quotas | S:quota:list
getQuota | GET /quotas/{id} | S:quota:read
updateQuota | PUT /quotas/{id} | S:quota:update
listReplicationPolicies | GET /replication/policies | S:replication-policy:list
createReplicationPolicy | POST /replication/policies | S:replication-policy:create
getReplicationPolicy | GET /replication/policies/{id} | S:replication-policy:read
deleteReplicationPolicy | DELETE /replication/policies/{id} | S:replication-policy:delete
updateReplicationPolicy | PUT /replication/policies/{id} | S:replication-policy:update
listReplicationExecutions | GET /replication/executions | S:replication:list
startReplication | POST /replication/executions | S:replication:create
getReplicationExecution | GET /replication/executions/{id} | S:replication:read
stopReplication | PUT /replication/executions/{id} | S:replication:create
listReplicationTasks | GET /replication/executions/{id}/tasks | S:replication:list
getReplicationLog | GET /replication/executions/{id}/tasks/{task_id}/log | S:replication:read
listRegistryProviderTypes | GET /replication/adapters | S:replication-adapter:list
listRegistryProviderInfos | GET /replication/adapterinfos | S:replication-adapter:list
createRegistry | POST /registries | S:registry:create
listRegistries | GET /registries | S:registry:list
pingRegistry | POST /registries/ping | S:registry:read
getRegistry | GET /registries/{id} | S:registry:read
deleteRegistry | DELETE /registries/{id} | S:registry:delete
updateRegistry | PUT /registries/{id} | S:registry:update
getRegistryInfo | GET /registries/{id}/info | S:registry:read
getLatestScanAllMetrics | GET /scans/all/metrics | S:scan-all:read
getLatestScheduledScanAllMetrics | GET /scans/schedule/metrics | S:scan-all:read
getScanAllSchedule | GET /system/scanAll/schedule | S:scan-all:read
updateScanAllSchedule | PUT /system/scanAll/schedule | S:scan-all:update
createScanAllSchedule | POST /system/scanAll/schedule | S:scan-all:create
stopScanAll | POST /system/scanAll/stop | S:scan-all:stop
getSystemInfo | GET /systeminfo | open
getVolumes | GET /systeminfo/volumes | S:system-volumes:read
getCert | GET /systeminfo/getcert | open
pingOIDC | POST /system/oidc/ping | S:configuration:update
getGCHistory | GET /system/gc | S:garbage-collection:list
getGC | GET /system/gc/{gc_id} | S:garbage-collection:read
stopGC | PUT /system/gc/{gc_id} | S:garbage-collection:stop
getGCLog | GET /system/gc/{gc_id}/log | S:garbage-collection:read
getGCSchedule | GET /system/gc/schedule | S:garbage-collection:read
createGCSchedule | POST /system/gc/schedule | S:garbage-collection:create
updateGCSchedule | PUT /system/gc/schedule | S:garbage-collection:update
getPurgeHistory | GET /system/purgeaudit | S:purge-audit:list
getPurgeJob | GET /system/purgeaudit/{purge_id} | S:purge-audit:read
stopPurge | PUT /system/purgeaudit/{purge_id} | S:purge-audit:stop
getPurgeJobLog | GET /system/purgeaudit/{purge_id}/log | S:purge-audit:read
getPurgeSchedule | GET /system/purgeaudit/schedule | S:purge-audit:read
createPurgeSchedule | POST /system/purgeaudit/schedule | S:purge-audit:create
updatePurgeSchedule | PUT /system/purgeaudit/schedule | S:purge-audit:update
getSystemCVEAllowlist | GET /system/CVEAllowlist | auth
putSystemCVEAllowlist | PUT /system/CVEAllowlist | S:configuration:update
getWorkerPools | GET /jobservice/pools | S:jobservice-monitor:list
getWorkers | GET /jobservice/pools/{pool_id}/workers | S:jobservice-monitor:list
stopRunningJob | PUT /jobservice/jobs/{job_id} | S:jobservice-monitor:stop
actionGetJobLog | GET /jobservice/jobs/{job_id}/log | S:jobservice-monitor:list
listJobQueues | GET /jobservice/queues | S:jobservice-monitor:list
actionPendingJobs | PUT /jobservice/queues/{job_type} | S:jobservice-monitor:stop
listSchedules | GET /schedules | S:jobservice-monitor:list
getSchedulePaused | GET /schedules/{job_type}/paused | auth
getPing | GET /ping | open
getRentenitionMetadata | GET /retentions/metadatas | auth
createRetention | POST /retentions | request
getRetention | GET /retentions/{id} | request
updateRetention | PUT /retentions/{id} | request
deleteRetention | DELETE /retentions/{id} | request
triggerRetentionExecution | POST /retentions/{id}/executions | request
listRetentionExecutions | GET /retentions/{id}/executions | request
operateRetentionExecution | PATCH /retentions/{id}/executions/{eid} | request
listRetentionTasks | GET /retentions/{id}/executions/{eid}/tasks | request
getRetentionTaskLog | GET /retentions/{id}/executions/{eid}/tasks/{tid} | request
listScanners | GET /scanners | S:scanner:list
createScanner | POST /scanners | S:scanner:create
pingScanner | POST /scanners/ping | S:scanner:read
getScanner | GET /scanners/{registration_id} | S:scanner:read
updateScanner | PUT /scanners/{registration_id} | S:scanner:update
deleteScanner | DELETE /scanners/{registration_id} | S:scanner:delete
setScannerAsDefault | PATCH /scanners/{registration_id} | S:scanner:update
getScannerMetadata | GET /scanners/{registration_id}/metadata | S:scanner:read
listUsers | GET /users | S:user:list
createUser | POST /users | S:user:create
getCurrentUserInfo | GET /users/current | auth
searchUsers | GET /users/search | auth
getUser | GET /users/{user_id} | self S:user:read
updateUserProfile | PUT /users/{user_id} | self S:user:update
deleteUser | DELETE /users/{user_id} | S:user:delete
setUserSysAdmin | PUT /users/{user_id}/sysadmin | S:user:update
updateUserPassword | PUT /users/{user_id}/password | self S:user:update
getCurrentUserPermissions | GET /users/current/permissions | auth
setCliSecret | PUT /users/{user_id}/cli_secret | self S:user:update
ListLabels | GET /labels | request
CreateLabel | POST /labels | request
GetLabelByID | GET /labels/{label_id} | request
UpdateLabel | PUT /labels/{label_id} | request
DeleteLabel | DELETE /labels/{label_id} | request
exportScanData | POST /export/cve | request
getScanDataExportExecution | GET /export/cve/execution/{execution_id} | request
getScanDataExportExecutionList | GET /export/cve/executions | request
downloadScanData | GET /export/cve/download/{execution_id} | request
getSecuritySummary | GET /security/summary | S:security-hub:read
ListVulnerabilities | GET /security/vul | S:security-hub:list
getPermissions | GET /permissions | admin-of-any
`;

/** `resource | projectAdmin | maintainer | developer | guest | limitedGuest | anyone on a public project`. */
export const roleMatrix = `
self | RUD | R | R | R | R | R
member | CRUDL | RL | RL | RL | - | -
metadata | CRUD | R | - | - | - | -
log | L | - | - | - | - | -
label | CRUDL | CRUDL | RL | RL | - | RL
quota | R | R | R | R | R | -
repository | CRUDL pull push | CRUDL push pull | CRUL push pull | RL pull | RL pull | L pull
tag-retention | CRUDL operate | CRUDL operate | CRUDL operate | - | - | -
immutable-tag | CUDL | CUDL | - | - | - | -
configuration | RU | R | R | R | R | -
robot | CRUDL | RL | RL | RL | - | -
notification-policy | CRUDL | RL | - | - | - | -
scan | CR stop | CR stop | R | R | R | R
sbom | CR stop | CR stop | R | R | R | -
scanner | CR | R | R | R | R | R
artifact | CRDL | CRDL | CRL | RL | RL | RL
artifact-addition | R | R | R | R | R | R
tag | CDL | CDL | CL | L | L | L
accessory | L | L | L | L | L | L
artifact-label | CD | CD | CD | - | - | -
preheat-policy | CRUDL | - | - | - | - | -
export-cve | CRL | CRL | CRL | - | - | -
`;
