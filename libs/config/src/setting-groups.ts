import { settings } from './settings.js';

/** What a service that records spans reads. */
export const tracingSettings = {
  endpoint: settings.tracingEndpoint,
  headers: settings.tracingHeaders,
  ratio: settings.tracingRatio,
};

/** What a service that uses PostgreSQL reads. */
export const databaseSettings = {
  host: settings.databaseHost,
  port: settings.databasePort,
  name: settings.databaseName,
  user: settings.databaseUser,
  password: settings.databasePassword,
  tls: settings.databaseTls,
  caFile: settings.databaseCaFile,
};
