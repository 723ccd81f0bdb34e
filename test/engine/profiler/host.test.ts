import { describe, expect, it } from 'vitest';
import { hostFacts, hostFingerprint } from '../../../engine/index.ts';

describe('the host', () => {
  it('is known by what service times depend on', () => {
    expect(hostFacts()).toEqual({
      cpu: expect.any(String),
      cores: expect.any(Number),
      node: process.versions.node,
      onnxruntime: expect.stringMatching(/^\d+\.\d+/),
      platform: `${process.platform}-${process.arch}`,
    });
  });

  it('has the same fingerprint while nothing changes, and another once something does', () => {
    const host = hostFacts();
    expect(hostFingerprint(host)).toMatch(/^[0-9a-f]{16}$/);
    expect(hostFingerprint(hostFacts())).toBe(hostFingerprint(host));
    expect(hostFingerprint({ ...host, cores: host.cores + 1 })).not.toBe(hostFingerprint(host));
  });
});
