import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { findProgram, mustRun } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { chart, helm, kubeVersion, namespace, release, type Values } from './helm.ts';
import type { Manifest } from './manifest.ts';

export const go = findProgram('go');

const source = join(import.meta.dirname, 'cluster');
const buildMs = 1_800_000;
/** Types that a cluster does not have by itself, from the modules that define them. */
const definitions = [
  { module: 'sigs.k8s.io/gateway-api@v1.6.3', file: 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml' },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    file: 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  },
];

const plurals: Readonly<Record<string, string>> = { Ingress: 'ingresses', NetworkPolicy: 'networkpolicies' };

interface Kubeconfig {
  clusters: [{ cluster: { server: string } }];
  users: [{ user: { token: string } }];
}

interface Reply {
  status: number;
  warnings: readonly string[];
  body: Record<string, unknown>;
}

/** Kubernetes' own API server and its store, without nodes or controllers: what is put there is checked, kept, and never runs. */
export class Cluster {
  private readonly agent = new Agent({ connect: { rejectUnauthorized: false } });

  private constructor(
    private readonly folder: string,
    private readonly process: ChildProcess,
    private readonly server: string,
    private readonly token: string,
  ) {}

  /** Builds it, which takes minutes the first time and seconds after it, and starts it with a namespace that forbids everything it can. */
  static async start(): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'haven-cluster-'));
    const program = join(folder, 'cluster');
    const version = `-X k8s.io/component-base/version.gitVersion=v${kubeVersion}`;
    await mustRun(go!, ['build', '-ldflags', `-s -w ${version}`, '-o', program, '.'], {
      cwd: source,
      timeoutMs: buildMs,
    });
    const child = spawn(program, [folder], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
    const config = await eventually('the cluster writes its kubeconfig', () => readConfig(folder, child, said));
    const cluster = new Cluster(folder, child, config.clusters[0].cluster.server, config.users[0].user.token);
    await eventually('the API server is ready', () => cluster.isReady(), { timeoutMs: 60_000 });
    await cluster.prepare();
    return cluster;
  }

  /** Runs helm against it. */
  helm(args: readonly string[], values: Values = {}): Promise<string> {
    const env = { KUBECONFIG: join(this.folder, 'kubeconfig'), HELM_DRIVER: 'secret' };
    const where = ['--namespace', namespace];
    return mustRun(helm!, [...args, ...where], { env, input: stringify(values) });
  }

  install = (values: Values): Promise<string> => this.helm(['install', release, chart, '--values', '-'], values);

  /** Nothing runs here, so nobody would end the job of a hook. */
  upgrade = (values: Values, ...args: string[]): Promise<string> =>
    this.helm(['upgrade', release, chart, '--no-hooks', '--values', '-', ...args], values);

  uninstall = (): Promise<string> => this.helm(['uninstall', release]);

  /** What the API server finds wrong with a manifest that it would then not keep: errors, unknown fields, warnings. */
  async faults(manifest: Manifest): Promise<string[]> {
    const path = `${this.pathOf(manifest)}?dryRun=All&fieldValidation=Strict`;
    const { status, warnings, body } = await this.call('POST', path, manifest);
    return [...warnings, ...(status === 201 ? [] : [String(body['message'])])];
  }

  async get(path: string): Promise<Record<string, unknown>> {
    const { status, body } = await this.call('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${JSON.stringify(body)}`);
    return body;
  }

  secret = async (name: string): Promise<Manifest> =>
    (await this.get(`/api/v1/namespaces/${namespace}/secrets/${name}`)) as unknown as Manifest;

  async delete(path: string): Promise<void> {
    await this.call('DELETE', path);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('close', resolve));
    this.process.stdin?.end();
    await ended;
    await this.agent.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async isReady(): Promise<true | undefined> {
    try {
      return (await this.call('GET', '/readyz?verbose=false')).status === 200 ? true : undefined;
    } catch {
      return undefined;
    }
  }

  private async prepare(): Promise<void> {
    for (const { module, file } of definitions) {
      const { Dir } = JSON.parse(await mustRun(go!, ['mod', 'download', '-json', module])) as { Dir: string };
      const definition = parseAllDocuments(await readFile(join(Dir, file), 'utf8'))[0]?.toJS() as Manifest;
      await this.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    }
    const labels = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    };
    await this.call('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels },
    });
    const priority = {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'high' },
      value: 1_000,
    };
    await this.call('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', priority);
    for (const group of ['gateway.networking.k8s.io/v1', 'monitoring.coreos.com/v1']) {
      await eventually(`${group} is served`, async () =>
        (await this.call('GET', `/apis/${group}`)).status === 200 ? true : undefined,
      );
    }
  }

  private pathOf({ apiVersion, kind }: Manifest): string {
    const plural = plurals[kind] ?? `${kind.toLowerCase()}s`;
    return `/${apiVersion === 'v1' ? 'api' : 'apis'}/${apiVersion}/namespaces/${namespace}/${plural}`;
  }

  private async call(method: 'GET' | 'POST' | 'DELETE', path: string, sent?: unknown): Promise<Reply> {
    const { statusCode, headers, body } = await request(this.server + path, {
      method,
      dispatcher: this.agent,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
    });
    const text = await body.text();
    const isJson = String(headers['content-type']).startsWith('application/json');
    return {
      status: statusCode,
      warnings: [headers['warning'] ?? []].flat(),
      body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { message: text },
    };
  }
}

async function readConfig(folder: string, child: ChildProcess, said: string): Promise<Kubeconfig | undefined> {
  if (child.exitCode !== null) throw new Error(`the cluster does not start: ${said}`);
  try {
    return parse(await readFile(join(folder, 'kubeconfig'), 'utf8')) as Kubeconfig;
  } catch {
    return undefined;
  }
}
