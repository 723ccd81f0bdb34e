import { describe, expect, it } from 'vitest';
import { parseAddress, urlOf } from '../../../engine/load/target.ts';

describe('the address of a served pipeline', () => {
  it.each([
    ['ws://127.0.0.1:8000/ocr', 'ws://127.0.0.1:8000/v2/models/ocr'],
    ['http://[::1]:80/ocr/', 'http://[::1]/v2/models/ocr'],
    ['https://example.org/v2/models/a%20b/infer', 'https://example.org/v2/models/a%20b'],
    ['wss://example.org/v2/models/ocr/versions/2/stream', 'wss://example.org/v2/models/ocr/versions/2'],
  ])('is what %s says', (given, url) => {
    const address = parseAddress(given)!;
    expect(urlOf(address, address.protocol)).toBe(url);
  });

  it.each(['127.0.0.1:8000', 'ftp://host/ocr', 'http://host', 'http://host/v1/models/ocr:predict', ''])(
    'is not in "%s"',
    given => {
      expect(parseAddress(given)).toBeUndefined();
    },
  );
});
