import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually.ts';
import { findProgram } from '../../harness/command.ts';
import { freePort } from '../../harness/own-platform.ts';

/** nginx that serves files and nothing else. */
export interface PlainNginx {
  url: string;
  stop: () => Promise<void>;
}

/**
 * Serves one file under `/file`, with the settings that Haven's nginx has for bytes.
 * @param asked who is asked first for what is below `/asked/`, and all that is below `/v2/`
 */
export async function startPlainNginx(file: string, asked = 'http://127.0.0.1:9'): Promise<PlainNginx> {
  const folder = await mkdtemp(join(tmpdir(), 'haven-bench-nginx-'));
  const port = await freePort();
  await mkdir(join(folder, 'files'));
  await symlink(file, join(folder, 'files/file'));
  const { uid, username } = userInfo();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const settings = [
    ...(uid === 0 ? [`user ${username};`] : []),
    'daemon off; worker_processes auto; error_log stderr warn;',
    `pid ${folder}/nginx.pid;`,
    'events { worker_connections 1024; }',
    `http { sendfile off; output_buffers 1 128k; access_log off; default_type application/octet-stream; ${temporary.join(' ')}`,
    `upstream asked { server ${new URL(asked).host}; keepalive 32; }`,
    `server { listen 127.0.0.1:${port}; root ${folder}/files;`,
    'location ~ ^/(?:asked|v2)/ { proxy_pass http://asked; proxy_http_version 1.1; proxy_set_header Connection "";',
    'proxy_request_buffering off; client_max_body_size 0; client_body_buffer_size 512k; } } }',
  ];
  await writeFile(join(folder, 'nginx.conf'), settings.join('\n'));
  const program = findProgram('nginx') ?? 'nginx';
  const child = spawn(program, ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await eventually('nginx answers', async () => {
    const answer = await fetch(`${url}/file`, { method: 'HEAD' }).catch(() => undefined);
    return answer?.status === 200 ? true : undefined;
  });
  return {
    url,
    stop: async () => {
      if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}
