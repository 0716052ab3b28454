import { createServer, request, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '@haven/oci';
import { ByteBudget } from '../src/byte-budget.js';
import { FilesystemBlobStore } from '../src/filesystem.driver.js';
import { receiveUpload, type Received } from '../src/receive-upload.js';
import { UploadHash } from '../src/upload-hash.js';
import { removeTemporaryRoots, temporaryRoot } from './temporary-root.js';

afterAll(removeTemporaryRoots);

const id = '0197f0c8-0000-7000-8000-000000000000';

describe('receiveUpload from a socket', () => {
  let server: Server;
  let hash: UploadHash;
  let received: PromiseWithResolvers<Received>;

  beforeEach(async () => {
    const store = new FilesystemBlobStore(await temporaryRoot());
    const budget = new ByteBudget(1024 * 1024);
    hash = new UploadHash();
    received = Promise.withResolvers();
    const receive = async (source: IncomingMessage): Promise<Received> => {
      const writer = await store.openUpload(id, 0, 0);
      const result = await receiveUpload({ source, writer, offset: 0, hashes: [hash], maxBytes: 1024 * 1024, budget });
      await writer.close();
      return result;
    };
    server = createServer((incoming, response) => {
      void receive(incoming).then((result) => {
        received.resolve(result);
        response.writeHead(result.error === undefined ? 201 : 413, { connection: 'close' }).end();
      }, received.reject);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const put = (length: number): ClientRequest => {
    const { port } = server.address() as AddressInfo;
    return request({ host: '127.0.0.1', port, method: 'PUT', headers: { 'content-length': length } });
  };

  const statusOf = (sent: ClientRequest): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      sent.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
    });

  it('takes a whole body', async () => {
    const body = Buffer.alloc(700_000, 'x');
    const sent = put(body.length);
    const status = statusOf(sent);
    sent.end(body);
    expect(await status).toBe(201);
    expect(await received.promise).toEqual({ receivedBytes: body.length, aborted: false });
    expect(hash.digest()).toBe(digestOf(body));
  });

  it('keeps what a client sent before it hung up', async () => {
    const body = Buffer.alloc(300_000, 'x');
    const sent = put(body.length + 1);
    sent.on('error', () => undefined);
    await new Promise<void>((resolve) =>
      sent.write(body, () => {
        resolve();
      }),
    );
    sent.destroy();
    const { receivedBytes, aborted } = await received.promise;
    expect(aborted).toBe(true);
    expect(hash.digest()).toBe(digestOf(body.subarray(0, receivedBytes)));
  });

  it('lets a client that sends too much see the answer', async () => {
    const sent = put(1024 * 1024 + 1);
    const status = statusOf(sent);
    sent.write(Buffer.alloc(1024 * 1024 + 1));
    expect(await status).toBe(413);
    expect(await received.promise).toMatchObject({ aborted: false, error: { code: 'REQUEST_ENTITY_TOO_LARGE' } });
    sent.destroy();
  });
});
