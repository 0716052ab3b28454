import { z } from 'zod';
import { setting } from './setting.js';
import {
  flag,
  headerList,
  integer,
  jsonObject,
  listenAddress,
  optionalAddress,
  optionalUrl,
  share,
  text,
  url,
} from './setting-values.js';

/** Every key that any Haven service reads, once. docs/configuration.md is checked against this list. */
export const settings = {
  logLevel: setting(
    'HAVEN_LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'How much the services log.',
    { fallback: 'info' },
  ),

  tracingEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    optionalUrl,
    'Where traces are sent, by OTLP over HTTP (`/v1/traces` is added); empty for no tracing.',
    { fallback: '' },
  ),
  tracingHeaders: setting(
    'OTEL_EXPORTER_OTLP_HEADERS',
    headerList,
    'Headers that go with them, `name=value,name=value`.',
    { fallback: '', secret: true },
  ),
  tracingRatio: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    share,
    'Which share of the traces is recorded, from 0 to 1; the same for all services.',
    { fallback: '1' },
  ),

  metricsProjects: setting(
    'HAVEN_METRICS_PROJECTS',
    integer(0, 100_000),
    'Of how many projects there are metrics of their own; all others are counted together, as `_other`.',
    { fallback: '500' },
  ),

  databaseHost: setting('HAVEN_DATABASE_HOST', text, 'Host of PostgreSQL.', { fallback: '127.0.0.1' }),
  databasePort: setting('HAVEN_DATABASE_PORT', integer(1, 65_535), 'Port of PostgreSQL.', { fallback: '5432' }),
  databaseName: setting('HAVEN_DATABASE_NAME', text, 'Name of the database.', { fallback: 'registry' }),
  databaseUser: setting('HAVEN_DATABASE_USER', text, 'Role that owns the database.', { fallback: 'haven' }),
  databasePassword: setting('HAVEN_DATABASE_PASSWORD', text, 'Password of that role.', { secret: true }),
  databaseTls: setting(
    'HAVEN_DATABASE_TLS',
    z.enum(['disable', 'require', 'verify-ca', 'verify-full']),
    "Whether connections to PostgreSQL use TLS, and what is checked of its certificate: nothing (require), who signed it, or its host too; as libpq's sslmode.",
    { fallback: 'disable' },
  ),
  databaseCaFile: setting(
    'HAVEN_DATABASE_CA_FILE',
    z.string(),
    "Certificates of the authorities (PEM) that may have signed that certificate; the system's where none is given.",
    { fallback: '' },
  ),
  redisUrl: setting(
    'HAVEN_REDIS_URL',
    z.url({ protocol: /^rediss?$/ }),
    'Redis for sessions, as redis://:password@host:port/db.',
    { secret: true },
  ),

  internalSecret: setting(
    'HAVEN_INTERNAL_SECRET',
    z.string().min(16, 'at least 16 characters'),
    'Credential that the services show to each other.',
    { secret: true },
  ),
  secretKey: setting(
    'HAVEN_SECRET_KEY',
    z.string().regex(/^[0-9a-f]{64}$/i, 'expected 64 hexadecimal digits'),
    'Key under which stored credentials are encrypted (32 bytes as 64 hexadecimal digits).',
    { secret: true },
  ),
  adminPassword: setting(
    'HAVEN_ADMIN_PASSWORD',
    z.string().min(8).max(128),
    'First password of the user admin; read only when that user is created.',
    { secret: true, fallback: 'Harbor12345' },
  ),
  externalUrl: setting('HAVEN_EXTERNAL_URL', url, 'The address under which users reach the platform.', {
    fallback: 'http://localhost:8080',
  }),

  configOverwrite: setting(
    'HAVEN_CONFIG_OVERWRITE_JSON',
    jsonObject,
    'Runtime settings as one JSON object, by their keys of /api/v2.0/configurations; while it is given, none of them can be changed by the API.',
    { fallback: '{}', secret: true },
  ),

  caFile: setting(
    'HAVEN_CA_FILE',
    z.string(),
    'Certificate of the authority that users have to trust (PEM), for download at /api/v2.0/systeminfo/getcert.',
    { fallback: '' },
  ),

  outboundReach: setting(
    'HAVEN_OUTBOUND_REACH',
    z.enum(['public', 'private', 'loopback']),
    'Which addresses the platform calls on its own account (identity providers and the like): public ones only, those of private networks too, or those of this machine as well. Link-local and metadata addresses are never called.',
    { fallback: 'private' },
  ),
  outboundCaFile: setting(
    'HAVEN_OUTBOUND_CA_FILE',
    z.string(),
    'Certificates of authorities (PEM) that are trusted on such calls, beside those of the system.',
    { fallback: '' },
  ),

  coreListen: setting('HAVEN_CORE_LISTEN', listenAddress, 'Where core listens.', { fallback: '127.0.0.1:8081' }),
  coreUrl: setting('HAVEN_CORE_URL', url, 'Where the other services reach core.', {
    fallback: 'http://127.0.0.1:8081',
  }),
  registryListen: setting('HAVEN_REGISTRY_LISTEN', listenAddress, 'Where the registry listens.', {
    fallback: '127.0.0.1:5000',
  }),
  registryUrl: setting('HAVEN_REGISTRY_URL', url, 'Where core reaches the registry, for its health.', {
    fallback: 'http://127.0.0.1:5000',
  }),

  jobserviceListen: setting('HAVEN_JOBSERVICE_LISTEN', listenAddress, 'Where jobservice listens.', {
    fallback: '127.0.0.1:8082',
  }),
  jobserviceUrl: setting('HAVEN_JOBSERVICE_URL', url, 'Where core reaches jobservice, for its health.', {
    fallback: 'http://127.0.0.1:8082',
  }),
  jobWorkers: setting(
    'HAVEN_JOB_WORKERS',
    integer(1, 1_000),
    'How many short jobs (webhooks, retention, purges, …) one jobservice process runs at once.',
    { fallback: '10' },
  ),
  retentionMaxDeletePercent: setting(
    'HAVEN_RETENTION_MAX_DELETE_PERCENT',
    integer(0, 100),
    'A run of tag retention that would delete more than this share of the artifacts of its project does not, until it is confirmed; 100 is no limit.',
    { fallback: '100' },
  ),
  webhookTimeoutSeconds: setting(
    'HAVEN_WEBHOOK_TIMEOUT_SECONDS',
    integer(1, 60),
    'How long the receiver of a webhook may take to answer.',
    { fallback: '3' },
  ),
  transferWorkers: setting(
    'HAVEN_TRANSFER_WORKERS',
    integer(1, 1_000),
    'How many replication tasks one jobservice process runs at once.',
    { fallback: '5' },
  ),

  gcListen: setting('HAVEN_GC_LISTEN', listenAddress, 'Where gc-controller listens.', { fallback: '127.0.0.1:8084' }),
  gcTimeWindowHours: setting(
    'GC_TIME_WINDOW_HOURS',
    integer(0, 8_760),
    'For how long blobs are left alone after the last thing that named them has gone. With 0, neither do the leases of finished uploads keep them.',
    { fallback: '2' },
  ),
  gcBlobsPerSecond: setting(
    'HAVEN_GC_BLOBS_PER_SECOND',
    integer(1, 100_000),
    'How many blobs one gc-controller process looks at in a second at most.',
    { fallback: '100' },
  ),
  trashDays: setting(
    'HAVEN_TRASH_DAYS',
    integer(0, 3_650),
    'For how many days deleted artifacts can be restored, in projects that do not say (metadata trash_days). 0 is not at all.',
    { fallback: '7' },
  ),

  ledgerDays: setting(
    'HAVEN_LEDGER_DAYS',
    integer(1, 3_650),
    'For how many days the ledger says what became of each digest, and why.',
    { fallback: '90' },
  ),
  scrubOrphanDays: setting(
    'HAVEN_SCRUB_ORPHAN_DAYS',
    integer(0, 3_650),
    'How many days lie between two looks at files that no row knows and rows that no file backs. 0 is only by hand.',
    { fallback: '1' },
  ),
  scrubIntegrityDays: setting(
    'HAVEN_SCRUB_INTEGRITY_DAYS',
    integer(0, 3_650),
    'How many days lie between the beginnings of two readings of all stored blobs against their digests. 0 is only by hand.',
    { fallback: '30' },
  ),
  scrubBytesPerSecond: setting(
    'HAVEN_SCRUB_BYTES_PER_SECOND',
    integer(1_024, 100_000_000_000),
    'How many bytes such a reading reads in a second at most.',
    { fallback: '20971520' },
  ),
  scrubFilesPerSecond: setting(
    'HAVEN_SCRUB_FILES_PER_SECOND',
    integer(1, 1_000_000),
    'How many files and rows a scrub looks at in a second at most.',
    { fallback: '1000' },
  ),
  scrubSafeAgeHours: setting(
    'HAVEN_SCRUB_SAFE_AGE_HOURS',
    integer(0, 8_760),
    'How long a file that no row knows is left alone before it is set aside, and again before it is removed.',
    { fallback: '48' },
  ),

  registryCheckSeconds: setting(
    'HAVEN_REGISTRY_CHECK_SECONDS',
    integer(10, 86_400),
    'How often core looks whether the registries at the other end of replication answer.',
    { fallback: '300' },
  ),

  reportDays: setting(
    'HAVEN_REPORT_DAYS',
    integer(1, 3_650),
    'How long is kept what reports are made of: pushes, pulls and bytes by the hour, what projects store by the day.',
    { fallback: '92' },
  ),

  storageDriver: setting(
    'HAVEN_STORAGE_DRIVER',
    z.enum(['filesystem', 'memory']),
    'Where blob bytes lie; memory is for trials only and loses everything at a stop.',
    { fallback: 'filesystem' },
  ),
  storageRoot: setting('HAVEN_STORAGE_ROOT', text, 'Folder of the blob store (filesystem driver).', {
    fallback: '/var/lib/haven/storage',
  }),
  storageProjection: setting(
    'HAVEN_STORAGE_PROJECTION',
    flag,
    "Whether the link files of distribution's layout are written beside the blobs.",
    { fallback: 'true' },
  ),
  blobDelivery: setting(
    'HAVEN_BLOB_DELIVERY',
    z.enum(['nginx', 'stream']),
    'Who sends blob bytes: nginx (X-Accel-Redirect) or the registry itself.',
    { fallback: 'stream' },
  ),
  uploadMemoryBytes: setting(
    'HAVEN_UPLOAD_MEMORY_BYTES',
    integer(1_048_576, 2 ** 40),
    'Most bytes of running uploads that one registry process holds in memory.',
    { fallback: '33554432' },
  ),
  manifestCacheBytes: setting(
    'HAVEN_MANIFEST_CACHE_BYTES',
    integer(0, 2 ** 40),
    'Size of the in-memory cache of manifest bytes in one registry process.',
    { fallback: '33554432' },
  ),
  uploadLeaseHours: setting(
    'HAVEN_UPLOAD_LEASE_HOURS',
    integer(1, 8_760),
    'How long an uploaded or mounted blob waits for a manifest that names it.',
    { fallback: '24' },
  ),
  uploadLifetimeHours: setting(
    'HAVEN_UPLOAD_LIFETIME_HOURS',
    integer(1, 8_760),
    'How long an upload that nobody goes on with is kept.',
    { fallback: '168' },
  ),
  uploadWriterLeaseSeconds: setting(
    'HAVEN_UPLOAD_WRITER_LEASE_SECONDS',
    integer(1, 3_600),
    'How long an upload stays with a registry process that shows no life, before another one may go on with it.',
    { fallback: '30' },
  ),

  logCollectorListen: setting('HAVEN_LOG_COLLECTOR_LISTEN', listenAddress, 'Where the log collector listens (HTTP).', {
    fallback: '127.0.0.1:8083',
  }),
  logCollectorUrl: setting('HAVEN_LOG_COLLECTOR_URL', url, 'Where core reaches the log collector.', {
    fallback: 'http://127.0.0.1:8083',
  }),
  logRoot: setting('HAVEN_LOG_ROOT', text, 'Folder in which the log collector keeps log lines.', {
    fallback: '/var/lib/haven/logs',
  }),
  logFollowFolder: setting(
    'HAVEN_LOG_FOLLOW_FOLDER',
    z.string(),
    'Folder whose `<service>.log` files the log collector follows.',
    { fallback: '' },
  ),
  logSyslogUdpListen: setting(
    'HAVEN_LOG_SYSLOG_UDP_LISTEN',
    optionalAddress,
    'Where the log collector takes syslog datagrams; a port of the private network only, nobody is asked who they are.',
    { fallback: '' },
  ),
  logSyslogTcpListen: setting(
    'HAVEN_LOG_SYSLOG_TCP_LISTEN',
    optionalAddress,
    'Where the log collector takes syslog over TCP; a port of the private network only.',
    { fallback: '' },
  ),
  logSyslogTlsListen: setting(
    'HAVEN_LOG_SYSLOG_TLS_LISTEN',
    optionalAddress,
    'Where the log collector takes syslog over TLS.',
    { fallback: '' },
  ),
  logSyslogTlsCertFile: setting('HAVEN_LOG_SYSLOG_TLS_CERT_FILE', z.string(), 'Certificate chain for that (PEM).', {
    fallback: '',
  }),
  logSyslogTlsKeyFile: setting('HAVEN_LOG_SYSLOG_TLS_KEY_FILE', z.string(), 'Private key for that (PEM).', {
    fallback: '',
  }),
  logSegmentBytes: setting(
    'HAVEN_LOG_SEGMENT_BYTES',
    integer(65_536, 2 ** 30),
    'Size at which a log file is compressed and followed by another.',
    { fallback: '67108864' },
  ),
  logSegmentHours: setting(
    'HAVEN_LOG_SEGMENT_HOURS',
    integer(1, 8_760),
    'Age at which a log file is compressed and followed by another, whatever its size.',
    { fallback: '24' },
  ),
  logRetentionDays: setting('HAVEN_LOG_RETENTION_DAYS', integer(1, 36_500), 'How long log lines are kept.', {
    fallback: '30',
  }),
  logMaxBytes: setting(
    'HAVEN_LOG_MAX_BYTES',
    integer(1_048_576, 2 ** 50),
    'Most bytes of log files on disk; beyond, the oldest go.',
    { fallback: '10737418240' },
  ),
  logMinFreeBytes: setting(
    'HAVEN_LOG_MIN_FREE_BYTES',
    integer(0, 2 ** 50),
    'Bytes of the disk that logs leave free; the oldest log files go for them.',
    { fallback: '1073741824' },
  ),
  logOrderWindowSeconds: setting(
    'HAVEN_LOG_ORDER_WINDOW_SECONDS',
    integer(1, 86_400),
    'How far a log line may lie behind the newest one of its service; one that lies further is filed under the time it came, and marked.',
    { fallback: '600' },
  ),
  logLineBytes: setting(
    'HAVEN_LOG_LINE_BYTES',
    integer(1_024, 4_194_304),
    'Longest log line; the rest of a longer one is cut off, and the line marked.',
    { fallback: '1048576' },
  ),
  logMemoryBytes: setting(
    'HAVEN_LOG_MEMORY_BYTES',
    integer(1_048_576, 2 ** 40),
    'Most bytes of log lines that wait in memory to be written; beyond, senders wait, and datagrams are lost.',
    { fallback: '33554432' },
  ),
  logForwardLokiUrl: setting(
    'HAVEN_LOG_FORWARD_LOKI_URL',
    optionalUrl,
    'Loki that log lines are passed on to, as http://user:password@host:3100.',
    { fallback: '', secret: true },
  ),
  logForwardElasticsearchUrl: setting(
    'HAVEN_LOG_FORWARD_ELASTICSEARCH_URL',
    optionalUrl,
    'Elasticsearch that log lines are passed on to, with the index as path: https://user:password@host:9200/haven-logs.',
    { fallback: '', secret: true },
  ),
  logForwardSyslog: setting(
    'HAVEN_LOG_FORWARD_SYSLOG',
    optionalAddress,
    'Syslog server (TCP, RFC 5424) that log lines are passed on to, as host:port.',
    { fallback: '' },
  ),
} as const;
