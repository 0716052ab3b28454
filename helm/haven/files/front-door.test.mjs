// Asks the front door as a client would: are all parts well, and does the registry send clients to the right address?
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { URL } from 'node:url';

const [front, externalUrl] = process.argv.slice(1);
const { host } = new URL(externalUrl);

const get = (path) =>
  new Promise((resolve, reject) => {
    const send = front.startsWith('https:') ? https : http;
    // The certificate is for the address outside, and this is about what lies behind it.
    const options = { headers: { host }, rejectUnauthorized: false, timeout: 10_000 };
    const request = send(front + path, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')));
    request.on('error', reject).end();
  });

const expect = (isAsExpected, what) => {
  console.log(`${isAsExpected ? 'ok' : 'FAILED'}: ${what}`);
  if (!isAsExpected) process.exitCode = 1;
};

const health = await get('/api/v2.0/health');
expect(health.status === 200, `health answers: ${health.status}`);
expect(JSON.parse(health.body).status === 'healthy', `all parts are healthy: ${health.body.trim()}`);
const challenge = await get('/v2/');
const wanted = `Bearer realm="${externalUrl.replace(/\/+$/, '')}/service/token"`;
expect(challenge.status === 401, `the registry asks who is there: ${challenge.status}`);
expect(
  challenge.headers['www-authenticate']?.startsWith(wanted),
  `it sends clients to the token service: ${challenge.headers['www-authenticate']}`,
);
