import { startSkopeo } from './skopeo.client.ts';
import { clientScenario } from './scenario.ts';

await clientScenario('skopeo', startSkopeo);
