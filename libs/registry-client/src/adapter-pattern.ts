import type { RemoteType } from './remote-registry.js';

/** What is known beforehand of an endpoint of a type: which addresses there are, and what its credentials look like. */
export interface AdapterPattern {
  endpoint: {
    /** `Fix`: the one address; `List`: one of these, or another of their kind. */
    type: 'Fix' | 'List';
    addresses: readonly { key: string; value: string }[];
  };
  /** The access key is always this, and the secret is a file. */
  credential?: { accessKey: string };
}

const hosts = (...names: string[]): AdapterPattern['endpoint']['addresses'] =>
  names.map((name) => ({ key: name, value: `https://${name}` }));

const ecrRegions = [
  ...['af-south-1', 'ap-east-1', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-south-2'],
  ...['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ca-central-1', 'ca-west-1'],
  ...['eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  ...['il-central-1', 'me-central-1', 'me-south-1', 'sa-east-1', 'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
  ...['us-gov-east-1', 'us-gov-west-1'],
];
const ecrChina = ['cn-north-1', 'cn-northwest-1'];

const aliRegions = [
  ...['cn-hangzhou', 'cn-shanghai', 'cn-qingdao', 'cn-beijing', 'cn-zhangjiakou', 'cn-huhehaote', 'cn-wulanchabu'],
  ...['cn-shenzhen', 'cn-heyuan', 'cn-guangzhou', 'cn-chengdu', 'cn-hongkong', 'ap-southeast-1', 'ap-southeast-3'],
  ...['ap-southeast-5', 'ap-northeast-1', 'us-west-1', 'us-east-1', 'eu-central-1', 'eu-west-1', 'me-east-1'],
];

/** Of those types that follow a pattern; the others take any address, user name and password. */
export const adapterPatterns: Readonly<Partial<Record<RemoteType, AdapterPattern>>> = {
  'ali-acr': {
    endpoint: {
      type: 'List',
      addresses: aliRegions.map((key) => ({ key, value: `https://registry.${key}.aliyuncs.com` })),
    },
  },
  'aws-ecr': {
    endpoint: {
      type: 'List',
      addresses: [
        ...ecrRegions.map((key) => ({ key, value: `https://api.ecr.${key}.amazonaws.com` })),
        ...ecrChina.map((key) => ({ key, value: `https://api.ecr.${key}.amazonaws.com.cn` })),
      ],
    },
  },
  'docker-hub': { endpoint: { type: 'Fix', addresses: hosts('hub.docker.com') } },
  'github-ghcr': { endpoint: { type: 'Fix', addresses: hosts('ghcr.io') } },
  'google-gcr': {
    endpoint: { type: 'List', addresses: hosts('gcr.io', 'us.gcr.io', 'eu.gcr.io', 'asia.gcr.io') },
    credential: { accessKey: '_json_key' },
  },
  quay: { endpoint: { type: 'List', addresses: hosts('quay.io') }, credential: { accessKey: 'json_file' } },
};
