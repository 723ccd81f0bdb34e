import type { Item, Operator, Outputs, Runner, Site } from '../contract.ts';
import { encodeInferRequest, stack, type NamedTensor } from '../open-inference/index.ts';
import type { Tensor } from '../tensor.ts';
import { outputsOf, type RemoteOutput } from './answer.ts';
import { Connection } from './connection.ts';
import { RequestFailure } from './failure.ts';
import { parameters, type RemoteParameters } from './parameters.ts';
import { headersFrom, portsOf } from './ports.ts';

class RemoteRunner implements Runner {
  readonly #params: RemoteParameters;
  readonly #site: Site;
  readonly #connection: Connection;
  readonly #outputs: readonly RemoteOutput[];

  constructor(params: RemoteParameters, site: Site) {
    this.#params = params;
    this.#site = site;
    this.#connection = new Connection(params, headersFrom(params, process.env), site);
    const types = portsOf(params).outputs;
    this.#outputs = Object.entries(params.outputs).map(([port, { name = port }]) => ({
      port,
      theirs: name,
      type: types[port]!,
    }));
  }

  async run(batch: readonly Item[]): Promise<(Outputs | Error)[]> {
    const results = Array.from<Outputs | Error>({ length: batch.length });
    const requests = this.#requestsOf(batch);
    const shared: RequestFailure[] = [];
    const sendAll = async () => {
      for (let indices = requests.shift(); indices; indices = requests.shift()) {
        try {
          const outputs = await this.#infer(indices.map(index => batch[index]!));
          for (const [place, index] of indices.entries()) results[index] = outputs[place]!;
        } catch (error) {
          if (!(error instanceof RequestFailure)) throw error;
          if (error.blames === 'query' && indices.length > 1) shared.push(error);
          for (const index of indices) results[index] = error.error;
        }
      }
    };
    await Promise.all(Array.from({ length: this.#params.concurrency }, sendAll));
    // Which query is to blame is for the engine to find, by running parts of the batch again: where it may.
    if (shared.length > 0 && this.#site.pure) throw shared[0]!.error;
    return results;
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Indices of the items that go together in each request: those of equal shapes. */
  #requestsOf(batch: readonly Item[]): number[][] {
    const groups = new Map<string, number[]>();
    for (const [index, { inputs }] of batch.entries()) {
      const shapes = Object.keys(this.#params.inputs).map(port => (inputs[port] as Tensor).shape.join());
      const key = this.#params.batch === 'stack' ? shapes.join(';') : String(index);
      const group = groups.get(key);
      if (group) group.push(index);
      else groups.set(key, [index]);
    }
    return [...groups.values()];
  }

  async #infer(items: readonly Item[]): Promise<Outputs[]> {
    const { batch, binary } = this.#params;
    const inputs = Object.entries(this.#params.inputs).map(
      ([port, { name = port, parameters }]): NamedTensor => {
        const tensors = items.map(item => item.inputs[port] as Tensor);
        const tensor = batch === 'stack' ? stack(tensors, name) : tensors[0]!;
        return { name, tensor, ...(parameters && { parameters }) };
      },
    );
    const outputs = this.#outputs.map(({ theirs }) => ({
      name: theirs,
      ...(binary && { parameters: { binary_data: true } }),
    }));
    const message = encodeInferRequest({ parameters: {}, inputs, outputs }, () => binary);
    const answer = await this.#connection.infer(message);
    return outputsOf(answer, this.#outputs, batch === 'stack' ? items.length : null);
  }
}

export const operator: Operator<RemoteParameters> = {
  description: 'Asks a server of the Open Inference Protocol over HTTP: MLServer, Triton, KServe, Millrace.',
  params: parameters,
  ports: portsOf,
  cost: 'heavy',
  create: (params, site) => new RemoteRunner(params, site),
};
