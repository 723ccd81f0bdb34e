import {
  MillraceError,
  type Dimension,
  type ModelMetadata,
  type ModelPort,
} from '../../../operators/index.ts';

/** A port of which the model says how many axes it has. */
export interface RankedPort extends ModelPort {
  shape: readonly Dimension[];
}

export interface RankedModel {
  inputs: readonly RankedPort[];
  outputs: readonly RankedPort[];
}

/** @throws MillraceError `invalid-pipeline` if the model does not say how many axes a port has */
export function rankedModel({ inputs, outputs }: ModelMetadata): RankedModel {
  const ranked = (port: ModelPort): RankedPort => {
    if (port.shape) return { ...port, shape: port.shape };
    const message = `the model does not say the shape of "${port.name}"; export it with its shapes inferred`;
    throw new MillraceError('invalid-pipeline', message);
  };
  return { inputs: inputs.map(ranked), outputs: outputs.map(ranked) };
}
