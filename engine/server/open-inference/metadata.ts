/** What a served pipeline is, in the words of the Open Inference Protocol. */
import type { PortType } from '../../../operators/index.ts';
import type { Repository } from '../repository.ts';
import type { Service } from '../service.ts';

interface TensorMetadata {
  name: string;
  datatype: string;
  shape: number[];
}

export interface ModelMetadata {
  name: string;
  versions: string[];
  platform: string;
  inputs: TensorMetadata[];
  outputs: TensorMetadata[];
}

function isFixed(size: number | string): size is number {
  return typeof size === 'number' && size >= 0;
}

/** The shape with the axis of a request's queries in front, and one more for the items of a list; free sizes are -1. */
function tensorMetadata([name, { datatype, shape = [-1], list }]: [string, PortType]): TensorMetadata {
  const sizes = shape.map(size => (isFixed(size) ? size : -1));
  return { name, datatype, shape: list ? [-1, -1, ...sizes] : [-1, ...sizes] };
}

export function modelMetadata({ name, pipeline }: Service, repository: Repository): ModelMetadata {
  return {
    name,
    versions: repository.versionsOf(name),
    platform: 'millrace',
    inputs: Object.entries(pipeline.inputs).map(tensorMetadata),
    outputs: Object.entries(pipeline.outputTypes).map(tensorMetadata),
  };
}
