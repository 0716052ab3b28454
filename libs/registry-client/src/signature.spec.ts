import { signAcs } from './acs-signature.js';
import { signPost } from './aws-signature.js';

/** Keys, requests and signatures as the two clouds have published them. */
describe('signatures are those that the clouds have published', () => {
  const keys = {
    accessKey: 'AKIDEXAMPLE',
    accessSecret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
    service: 'service',
  };
  const now = new Date('2015-08-30T12:36:00Z');

  it('AWS: post-vanilla', () => {
    expect(signPost(keys, 'example.amazonaws.com', {}, '', now)).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    });
  });

  it('AWS: post-x-www-form-urlencoded', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const signed = signPost(keys, 'example.amazonaws.com', headers, 'Param1=value1', now);
    expect(signed['authorization']).toMatch(/ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a$/);
  });

  it('Alibaba Cloud: the example of its guide', () => {
    const call = {
      method: 'POST',
      host: 'ecs.cn-shanghai.aliyuncs.com',
      path: '/',
      query: { ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd', RegionId: 'cn-shanghai' },
      ...{ action: 'RunInstances', version: '2014-05-26', body: '' },
    };
    const own = { accessKey: 'YourAccessKeyId', accessSecret: 'YourAccessKeySecret' };
    const time = new Date('2023-10-26T10:22:32Z');
    expect(signAcs(own, call, '3156853299f313e23d1673dc12e1703d', time)['authorization']).toBe(
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    );
  });
});
