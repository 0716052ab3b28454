import { startDocker } from './docker.client.ts';
import { clientScenario } from './scenario.ts';

await clientScenario('docker', startDocker);
