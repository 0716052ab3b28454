import { startCtr } from './ctr.client.ts';
import { clientScenario } from './scenario.ts';

await clientScenario('ctr', startCtr);
