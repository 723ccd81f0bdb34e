/** Inputs that a picture can be made into, and the stages that do it. */
import type { Dimension } from '../../../operators/index.ts';
import { UsageError } from '../command.ts';
import { isFree } from './dimensions.ts';
import type { UsedPort } from './model-use.ts';
import { entryText } from './yaml-text.ts';

/** An input of the model that is given a picture. */
export interface Picture {
  input: UsedPort;
  layout: 'chw' | 'hwc';
  channels: 1 | 3;
  height: Dimension;
  width: Dimension;
  /** The pipeline's input that brings it. */
  name: string;
  /** What the names of its stages end in, where a model takes several pictures. */
  suffix: string;
}

type Kind = Omit<Picture, 'input' | 'name' | 'suffix'>;

const isSide = (size: Dimension) => isFree(size) || (size as number) > 3;

function pictureKind({ datatype, shape }: UsedPort): Kind | null {
  if (datatype !== 'FP32' || shape.length !== 3) return null;
  const [first, second, third] = shape as [Dimension, Dimension, Dimension];
  if ((first === 1 || first === 3) && isSide(second) && isSide(third)) {
    return { layout: 'chw', channels: first, height: second, width: third };
  }
  if ((third === 1 || third === 3) && isSide(first) && isSide(second)) {
    return { layout: 'hwc', channels: third, height: first, width: second };
  }
  return null;
}

/** The inputs that can be pictures. @throws UsageError if none can */
export function picturesOf(inputs: readonly UsedPort[]): Picture[] {
  const found = inputs.flatMap(input => {
    const kind = pictureKind(input);
    return kind ? [{ input, ...kind }] : [];
  });
  if (found.length > 1) {
    return found.map((picture, index) => ({ ...picture, name: picture.input.name, suffix: `_${index + 1}` }));
  }
  const [picture] = found;
  if (picture) {
    const taken = inputs.some(input => input !== picture.input && input.name === 'image');
    return [{ ...picture, name: taken ? picture.input.name : 'image', suffix: '' }];
  }
  const types = inputs.map(({ port, datatype, shape }) => `"${port}" is ${datatype} [${shape.join(', ')}]`);
  throw new UsageError(
    `--image needs an input of FP32 [3, height, width], or with 1 channel, or with the channels last; ` +
      `of this model ${types.join(', ')}; leave --image out`,
  );
}

/** Where the model's input then comes from. */
export function pictureSource({ suffix }: Picture): string {
  return `normalise${suffix}.tensor`;
}

function fitText({ height, width }: Picture): string {
  if (isFree(height) && isFree(width)) {
    return entryText(
      4,
      'params',
      { longest: 640, multiple: 32 },
      'the model takes any size: choose what it was trained with',
    );
  }
  const side = isFree(height) ? width : height;
  const size = { width: isFree(width) ? side : width, height: isFree(height) ? side : height };
  const note = isFree(height) || isFree(width) ? '; one side is free: choose it' : '';
  const comment = `contain pads what is missing, cover cuts off what is too much, fill stretches${note}`;
  return entryText(4, 'params', { ...size, mode: 'contain' }, comment);
}

/** The stages between an encoded picture and the model. */
export function pictureStages(picture: Picture): string {
  const { channels, layout, name, suffix } = picture;
  const form = { ...(channels === 1 && { channels }), ...(layout === 'hwc' && { layout }) };
  const colours =
    channels === 1 ? { mean: 0, std: 1 } : { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const comment = `${channels === 1 ? 'bytes become 0 to 1' : 'those of ImageNet'}: put in what the model was trained with`;
  return [
    `  decode${suffix}:\n    operator: image/decode\n`,
    `    inputs: { data: inputs.${name} }\n`,
    channels === 1 ? entryText(4, 'params', { channels }) : '',
    `  fit${suffix}:\n    operator: image/fit\n`,
    `    inputs: { image: decode${suffix}.image }\n`,
    fitText(picture),
    `  normalise${suffix}:\n    operator: image/normalise\n`,
    `    inputs: { image: fit${suffix}.image }\n`,
    entryText(4, 'params', { ...form, ...colours }, comment),
  ].join('');
}
