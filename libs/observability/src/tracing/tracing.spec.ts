import { formatTraceparent, parseTraceparent, traceIdOf } from './trace-parent.js';
import { carriedTrace, resumed, traceCarrier, traced } from './tracing.js';
import { startTracing, stopTracing } from './start-tracing.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const header = `00-${traceId}-00f067aa0ba902b7-01`;

describe('traceparent', () => {
  it('is read and written as the W3C says', () => {
    const context = parseTraceparent(header);
    expect(context).toEqual({ traceId, spanId: '00f067aa0ba902b7', traceFlags: 1, isRemote: true });
    expect(context === null ? '' : formatTraceparent(context)).toBe(header);
  });

  it('of a later version may have more to it', () => {
    expect(parseTraceparent(`cc-${traceId}-00f067aa0ba902b7-09-more`)).toMatchObject({ traceId, traceFlags: 1 });
  });

  it.each([
    undefined,
    '',
    [header, header],
    header.toUpperCase(),
    `ff-${traceId}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `${header}0`,
  ])('is not %p', (given) => {
    expect(parseTraceparent(given)).toBeNull();
  });

  it.each([
    [traceId, traceId],
    ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', traceId],
    ['0'.repeat(32), null],
    ['my request', null],
  ])('takes the id of request %p as %p', (requestId, expected) => {
    expect(traceIdOf(requestId)).toBe(expected);
  });
});

describe('tracing', () => {
  const config = { endpoint: 'http://127.0.0.1:9', headers: {}, ratio: 0 };
  const carried = (): Promise<unknown> => Promise.resolve(carriedTrace(traceCarrier()));

  afterEach(() => stopTracing());

  it('that is off does nothing', async () => {
    await startTracing('test', { ...config, endpoint: null });
    expect(await resumed(header, 'task', {}, () => traced('step', carried))).toBeUndefined();
  });

  it('passes a trace on that it does not record, as one that is not', async () => {
    await startTracing('test', config);
    expect(await resumed(header, 'task', {}, carried)).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  });

  it('lets a failure through', async () => {
    await startTracing('test', config);
    await expect(resumed(header, 'task', {}, () => Promise.reject(new Error('as it was')))).rejects.toThrow(
      'as it was',
    );
  });
});
