import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

type Json = Record<string, unknown>;

/** A response, as the API description has it. */
interface Declared {
  schema?: Json;
  headers?: Json;
}
/** What an operation takes. */
export interface Parameter {
  name: string;
  in: string;
  enum?: string[];
  schema?: Json;
}
interface Operation {
  operationId: string;
  parameters?: (Parameter & { $ref?: string })[];
  responses: Record<string, Declared & { $ref?: string }>;
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  responses: Record<string, Declared>;
  definitions: Record<string, Json>;
  parameters: Record<string, Parameter>;
}

/** What came back for a request. */
export interface Seen {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  body: unknown;
}

const basePath = '/api/v2.0';

/** These can come from any operation, declared or not. */
const anywhere: readonly number[] = [400, 401, 403, 405, 406, 413, 415, 422, 429, 503];

/** Headers that a successful answer has to bring where they are declared. `Link` stands only where there is another page. */
const due: readonly string[] = ['Location', 'X-Total-Count'];

/** Where Harbor does something else than its description says: headers that it does not send. */
const absentHeaders: readonly string[] = ['createTag 201 Location'];

/**
 * And statuses that it does not declare, with when they come. Besides, whatever is asked of a project may answer 404 to an
 * administrator: there is none of that name.
 */
const undeclared: Readonly<Record<string, string>> = {
  'CreateLabel 404': 'there is no such project, and an administrator asks',
  'createProjectMember 404': 'there is no user of that name',
  'deleteUserGroup 404': 'there is no such group',
  'updateUserPassword 404': 'there is no such user, and an administrator asks',
  'updateUserProfile 409': 'another user has the e-mail address; Harbor fails with 500',
  'CreateRobot 409': 'there is a robot of that name',
  'CreateImmuRule 409': 'the project has the same rule',
  'UpdateImmuRule 409': 'the project has the same rule',
  'deleteArtifact 412': 'an index refers to it, or a rule keeps one of its tags',
  'deleteTag 412': 'a rule keeps it',
  'deleteRepository 412': 'a rule keeps one of its tags',
  'CopyArtifact 412': 'a rule keeps a tag of the target where it is',
  'CreateWebhookPolicyOfProject 409': 'the project has a policy of that name',
  'UpdateWebhookPolicyOfProject 409': 'the project has a policy of that name',
  'createRetention 409': 'two of its rules are the same',
  'updateRetention 404': 'the project is another one',
  'listRetentionTasks 404': 'there is no such execution',
  'createReplicationPolicy 404': 'there is no such registry',
  'getReplicationPolicy 404': 'there is no such policy',
  'listReplicationTasks 404': 'there is no such execution',
  'startReplication 404': 'there is no such policy',
  'startReplication 412': 'the policy is disabled',
};

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

const description = parse(readFileSync(new URL('../api/harbor-v2.0.yaml', import.meta.url), 'utf8')) as Description;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Makes a JSON schema of one of Swagger 2.0: members that are not described are wrong, `x-nullable` may be null, and so
 * may a list inside an object, which is how Harbor sends an empty one.
 */
function strict(schema: unknown, isNested = false): unknown {
  if (Array.isArray(schema)) return schema.map((entry) => strict(entry));
  if (!isObject(schema)) return schema;
  const { properties, type, 'x-nullable': nullable, example: _example, description: _description, ...rest } = schema;
  // An object of which nothing is said is anything at all in Harbor.
  if (type === 'object' && properties === undefined && rest['additionalProperties'] === undefined) return {};
  const out: Json = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, strict(value)]));
  if (isObject(properties)) {
    out['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [name, strict(value, true)]),
    );
    out['additionalProperties'] ??= false;
  }
  const isNullable = nullable === true || (isNested && type === 'array');
  if (typeof type === 'string') out['type'] = isNullable ? [type, 'null'] : type;
  return out;
}

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addFormat('date-time', dateTime);
for (const format of ['int', 'int8', 'int32', 'int64', 'uint64', 'float', 'float64', 'uri'])
  ajv.addFormat(format, true);
const definitions = strict(description.definitions) as Record<string, Json>;
// Ours, beside what Harbor has.
Object.assign((definitions['Errors'] as { properties: Json }).properties, { request_id: { type: 'string' } });
ajv.addSchema({ $id: 'harbor', definitions });

const compiled = new Map<Json, ValidateFunction>();
function validatorOf(schema: Json): ValidateFunction {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    const text = JSON.stringify(strict(schema)).replaceAll('"#/definitions/', '"harbor#/definitions/');
    validate = ajv.compile(JSON.parse(text) as Json);
    compiled.set(schema, validate);
  }
  return validate;
}

interface Route {
  method: string;
  pattern: RegExp;
  /** How many segments are literal: of two that fit, the one with more is meant. */
  literal: number;
  operation: Operation;
}

const routes: readonly Route[] = Object.entries(description.paths)
  .flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => isObject(operation) && 'operationId' in operation)
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        pattern: new RegExp(
          `^${basePath}${path
            .replace(/\/$/, '')
            .replace(/\{[^}]+\}/g, '[^/]+')
            .replaceAll('.', '\\.')}/?$`,
        ),
        literal: path.split('/').filter((segment) => !segment.startsWith('{')).length,
        operation,
      })),
  )
  .sort((a, b) => b.literal - a.literal);

/** The operation that a request is for, or null for what is not in the description. */
export function operationOf(method: string, url: string): string | null {
  return find(method, url)?.operationId ?? null;
}

function find(method: string, url: string): Operation | null {
  const [path = ''] = url.split('?', 1);
  return routes.find((route) => route.method === method && route.pattern.test(path))?.operation ?? null;
}

function declaredOf(operation: Operation, status: number): Declared | null {
  const response = operation.responses[String(status)];
  if (response !== undefined) {
    const name = response.$ref?.split('/').at(-1);
    return name === undefined ? response : (description.responses[name] ?? {});
  }
  const isKnown =
    anywhere.includes(status) ||
    `${operation.operationId} ${status}` in undeclared ||
    (status === 404 && operation.parameters?.some(({ $ref = '' }) => $ref.includes('/projectName')) === true);
  return isKnown ? { schema: { $ref: '#/definitions/Errors' } } : null;
}

/** Holds an answer against Harbor's API description. @returns what is wrong with it, in words; nothing when it is sound */
export function violations(method: string, url: string, { status, headers, body }: Seen): string[] {
  const operation = find(method, url);
  if (operation === null) return [];
  const declared = declaredOf(operation, status);
  const { operationId } = operation;
  if (declared === null) return [`${operationId} does not declare status ${status}`];
  const missing = Object.keys(declared.headers ?? {}).filter(
    (name) =>
      due.includes(name) &&
      status < 300 &&
      headers[name.toLowerCase()] === undefined &&
      !absentHeaders.includes(`${operationId} ${status} ${name}`),
  );
  const found = missing.map((name) => `${operationId} ${status} lacks the header ${name}`);
  if (typeof headers['x-request-id'] !== 'string') found.push(`${operationId} ${status} lacks the header X-Request-Id`);
  if (declared.schema === undefined || method === 'HEAD' || body === undefined) return found;
  const validate = validatorOf(declared.schema);
  if (validate(body)) return found;
  const errors = (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${operationId} ${status}: ${instancePath || 'body'} ${message ?? ''} ${JSON.stringify(params)}`,
  );
  return [...found, ...errors];
}

/** What the schemas of parameters refer to. */
export const requestDefinitions: Readonly<Record<string, Json>> = description.definitions;

/** What an operation takes, by its id; nothing for one that is not in the description. */
export function parametersOf(operationId: string): Parameter[] {
  const operation = routes.find((route) => route.operation.operationId === operationId)?.operation;
  return (operation?.parameters ?? []).flatMap((parameter) => {
    const name = parameter.$ref?.split('/').at(-1);
    const resolved = name === undefined ? parameter : description.parameters[name];
    return resolved === undefined ? [] : [resolved];
  });
}
