/** Forms, multipart or URL-encoded, as fields of bytes. */
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { MillraceError } from '../../../operators/index.ts';

const types = ['multipart/form-data', 'application/x-www-form-urlencoded'];

export function isForm(type: string): boolean {
  return types.includes(type);
}

function wrong(problem: string): MillraceError {
  return new MillraceError('invalid-input', `the form ${problem}`);
}

/** Takes a body apart. All of it is in memory already, so only the number of fields is bounded here. */
function parserOf(contentType: string, size: number, most: number): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      // Of other parts it makes texts, and spoils bytes that are none.
      isPartAFile: () => true,
      // One more than is taken is seen; what comes after that is not looked at.
      limits: {
        files: most + 1,
        fields: most + 1,
        parts: most + 1,
        fieldSize: size,
        headerPairs: 20,
        headerSize: 8192,
      },
    });
  } catch (error) {
    throw wrong(`can't be read: ${(error as Error).message}`);
  }
}

/**
 * The fields of a form, by name.
 * @param contentType as the request has it, with its boundary
 * @param most fields
 * @throws MillraceError `invalid-input` if it can't be read, or has a name twice or more fields than that
 */
export function readForm(
  contentType: string,
  body: Uint8Array,
  most: number,
): Promise<Map<string, Uint8Array>> {
  return new Promise((resolve, reject) => {
    const fields = new Map<string, Uint8Array>();
    const fail = (problem: string) => reject(wrong(problem));
    const add = (given: string | undefined, value: Uint8Array) => {
      const name = given ?? '';
      if (fields.has(name)) fail(`has the field "${name}" twice`);
      fields.set(name, value);
      if (fields.size > most) fail(`has more fields than the ${most} that are taken`);
    };
    const parser = parserOf(contentType, body.byteLength, most);
    parser
      .on('file', (name, stream) => {
        const chunks: Uint8Array[] = [];
        stream
          .on('data', (chunk: Uint8Array) => chunks.push(chunk))
          .on('end', () => add(name, Buffer.concat(chunks)))
          .on('error', (error: Error) => fail(`can't be read: ${error.message}`));
      })
      .on('field', (name, value) => add(name, Buffer.from(value)))
      .on('error', error => fail(`can't be read: ${error instanceof Error ? error.message : String(error)}`))
      .on('finish', () => resolve(fields));
    parser.end(body);
  });
}
