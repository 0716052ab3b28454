import { startPodman } from './podman.client.ts';
import { clientScenario } from './scenario.ts';

await clientScenario('podman', startPodman);
