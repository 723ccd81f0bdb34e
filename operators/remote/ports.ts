import type { Dimension, PortType, Ports } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import type { RemoteParameters } from './parameters.ts';

type RemotePort = RemoteParameters['inputs'][string] | RemoteParameters['outputs'][string];

/** Headers whose values are secrets: those come from the environment, not from a file that is passed around. */
const secret = /^(?:authorization|proxy-authorization|cookie|.*(?:api-?key|token|secret).*)$/i;

/** What `env:NAME` starts with. */
const environment = 'env:';

function mistake(message: string): MillraceError {
  return Object.assign(new MillraceError('invalid-pipeline', message), { diagnostic: 'bad-parameter' });
}

function portType(port: RemotePort): PortType {
  const { datatype, shape } = port;
  return {
    datatype,
    shape: shape as readonly Dimension[],
    ...('content' in port && port.content !== undefined && { content: port.content }),
  };
}

function portTypes(ports: Readonly<Record<string, RemotePort>>, parameter: string): Record<string, PortType> {
  const remote = new Map<string, string>();
  for (const [name, port] of Object.entries(ports)) {
    const theirs = port.name ?? name;
    const twin = remote.get(theirs);
    if (twin !== undefined)
      throw mistake(`\`${parameter}\` "${twin}" and "${name}" are both the server's "${theirs}"`);
    remote.set(theirs, name);
  }
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, portType(port)]));
}

/** Ports as the parameters say. Nothing is asked of the server. @throws MillraceError where they can't be meant */
export function portsOf({ url, headers, inputs, outputs }: RemoteParameters): Ports {
  if (!URL.canParse(url)) throw mistake(`\`url\` is no URL: ${url}`);
  const { username, password } = new URL(url);
  if (username !== '' || password !== '') {
    throw mistake(
      '`url` holds a password; say `headers: { authorization: env:NAME }` and keep it in the environment',
    );
  }
  for (const [name, value] of Object.entries(headers)) {
    if (secret.test(name) && !value.startsWith(environment)) {
      throw mistake(`header "${name}" holds a secret; write env:NAME and keep it in the environment`);
    }
  }
  return { inputs: portTypes(inputs, 'inputs'), outputs: portTypes(outputs, 'outputs') };
}

/**
 * The headers to send, those of the environment filled in.
 * @throws MillraceError `unavailable` naming the variable that is not set
 */
export function headersFrom(
  { headers }: RemoteParameters,
  variables: NodeJS.ProcessEnv,
): Record<string, string> {
  const filled = Object.entries(headers).map(([name, value]) => {
    if (!value.startsWith(environment)) return [name.toLowerCase(), value] as const;
    const variable = value.slice(environment.length);
    const found = variables[variable];
    if (found === undefined || found === '') {
      throw new MillraceError(
        'unavailable',
        `header "${name}" comes from the environment variable "${variable}", which is not set`,
      );
    }
    return [name.toLowerCase(), found.trim()] as const;
  });
  return Object.fromEntries(filled);
}
