import { inProject, open } from '@haven/http';
import { describeApi } from './api-description.js';

const contract = {
  swagger: '2.0',
  host: 'localhost',
  schemes: ['http'],
  basePath: '/api/v2.0',
  paths: {
    '/ping': { get: { operationId: 'getPing', description: 'Ping.' } },
    '/projects/{project_name}/repositories': {
      parameters: [],
      get: { operationId: 'listRepositories' },
      post: { operationId: 'unknownHere' },
    },
    '/scanners': { get: { operationId: 'listScanners' } },
  },
};

describe('describeApi', () => {
  it('leaves the host to whoever asks', () => {
    expect(Object.keys(describeApi(contract, []))).toEqual(['swagger', 'basePath', 'paths', 'info']);
  });

  it('keeps the operations that exist and says who may call them', () => {
    const routes = [
      { operationId: 'getPing', method: 'GET', path: '/api/v2.0/ping', access: open() },
      { operationId: 'listRepositories', method: 'GET', path: '/x', access: inProject('repository', 'list') },
    ];
    const { paths } = describeApi(contract, routes) as {
      paths: Record<string, Record<string, Record<string, unknown>>>;
    };
    expect(Object.keys(paths)).toEqual(['/ping', '/projects/{project_name}/repositories']);
    expect(Object.keys(paths['/projects/{project_name}/repositories'] ?? {})).toEqual(['parameters', 'get']);
    expect(paths['/projects/{project_name}/repositories']?.['get']?.['x-haven-permission']).toBe(
      'project permission repository:list',
    );
  });
});
