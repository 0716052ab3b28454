// Health check of a container: `node probe.mjs <port> [path]` succeeds when the service in it answers 200.
import { get } from 'node:http';

const [, , port, path = '/healthz'] = process.argv;
const end = (isHealthy) => process.exit(isHealthy ? 0 : 1);
get({ host: '127.0.0.1', port, path, timeout: 4_000 }, ({ statusCode }) => end(statusCode === 200))
  .on('timeout', () => end(false))
  .on('error', () => end(false));
