import { SecretBox } from '@haven/auth';
import { createHttpApp, type HttpApp, type RouteDescription } from '@haven/http';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { tellHarborRequests, type Logger } from '@haven/observability';
import type { FastifyInstance } from 'fastify';
import { installApiDescription } from './api-description/api-description.routes.js';
import { AppModule } from './app.module.js';
import { CORE_CONFIG, type CoreConfig } from './core.config.js';
import { StreamService } from './operation/stream.service.js';
import { OidcBearer } from './oidc/oidc-bearer.service.js';
import { AccountRepository } from './security/account.repository.js';
import { AuthenticationService } from './security/authentication.service.js';
import { ConfigurationService } from './configuration/configuration.service.js';
import { installPrincipalHook } from './security/principal.hook.js';
import { installReadOnlyHook } from './security/read-only.hook.js';
import { installCsrfHook } from './session/csrf.hook.js';
import { SessionService } from './session/session.service.js';

const notificationType = 'application/vnd.docker.distribution.events.v1+json';

/** Registry notifications are JSON under a name of their own. */
function acceptNotifications(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser<string>(notificationType, { parseAs: 'string' }, (request, text, done) => {
    void parse(request, text, done);
  });
}

/** Builds core, ready to listen; configuration comes from the environment. */
export async function createCoreApp(log: Logger): Promise<{ app: HttpApp; config: CoreConfig }> {
  let routes: readonly RouteDescription[] = [];
  const app = await createHttpApp(AppModule, {
    log,
    configure: (nest, fastify) => {
      const config = nest.get<CoreConfig>(CORE_CONFIG);
      const configuration = nest.get(ConfigurationService);
      // Before anybody is asked who they are: nothing is looked up for what is refused anyway.
      installReadOnlyHook(fastify, () => configuration.value('read_only'));
      installPrincipalHook(fastify, {
        internalSecret: config.internalSecret,
        authentication: nest.get(AuthenticationService),
        accounts: nest.get(AccountRepository),
        bearer: nest.get(OidcBearer),
        sessions: nest.get(SessionService),
      });
      const csrfKey = new SecretBox(config.secretKey).deriveKey('csrf');
      installCsrfHook(fastify, csrfKey, config.externalUrl.startsWith('https:'));
      acceptNotifications(fastify);
      installApiDescription(fastify, () => routes);
    },
    tellRequests: (metrics, meter) => {
      tellHarborRequests(metrics, meter.tallies, () => meter.inFlight);
    },
    onStop: (nest) => {
      nest.get(StreamService, { strict: false }).close();
    },
    readiness: (nest) => [{ name: 'database', check: () => nest.get(ModelStore).sql.one(sql('SELECT 1')) }],
  });
  routes = app.routes;
  return { app, config: app.nest.get<CoreConfig>(CORE_CONFIG) };
}
