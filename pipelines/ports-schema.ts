import { datatypes, type Ports } from '../operators/index.ts';
import { object, text, yesOrNo } from './schema-parts.ts';
import { violations } from './violation.ts';

const Port = object(
  { datatype: { enum: [...datatypes, 'ANY'] } },
  {
    shape: { type: 'array', items: { anyOf: [{ type: 'integer', minimum: -1 }, text] } },
    list: yesOrNo,
    like: text,
    optional: yesOrNo,
    content: text,
    description: text,
  },
);

const PortsByName = { type: 'object', additionalProperties: Port };

const PortsSchema = object({ inputs: PortsByName, outputs: PortsByName });

/**
 * What a user's operator says of its ports, as JSON has it: what is undefined is left out.
 *
 * @throws Error if these are no ports.
 */
export function readPorts(given: unknown): Ports {
  const ports: unknown = JSON.parse(JSON.stringify(given) ?? 'null');
  const [violation] = violations(PortsSchema, ports);
  if (!violation) return ports as Ports;
  const place = `ports${violation.at.replaceAll('/', '.')}`;
  const what =
    violation.kind === 'wrong'
      ? `must be ${violation.expected}`
      : `${violation.kind === 'missing' ? 'has no' : 'takes no'} "${violation.name}"`;
  throw new Error(`${place} ${what}`);
}
