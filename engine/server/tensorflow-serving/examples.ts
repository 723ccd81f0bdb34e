/**
 * Which outputs answer a classification or a regression. TensorFlow's signatures name theirs; a pipeline's are chosen
 * by one rule:
 *
 * - the classes are the only output of texts, or the one named `classes` or `labels`;
 * - their scores are the only output of fractions, or the one named `scores`;
 * - the value of a regression is the only output of one fraction, or the one named `value`.
 */
import {
  elementsOf,
  isFloat,
  isList,
  MillraceError,
  type PortType,
  type Tensor,
  type Value,
} from '../../../operators/index.ts';
import type { QueryResult } from '../../runtime/query.ts';
import type { Service } from '../service.ts';
import { writeDecimal } from './write.ts';

type Test = (type: PortType) => boolean;

const isText: Test = ({ datatype, content, list }) =>
  datatype === 'BYTES' && content === undefined && list !== true;
const isFraction: Test = ({ datatype, list }) => datatype !== 'ANY' && isFloat(datatype) && list !== true;
const isOne: Test = type => isFraction(type) && type.shape?.every(size => size === 1) === true;

function choose(
  { pipeline }: Pick<Service, 'pipeline'>,
  test: Test,
  names: readonly string[],
): string | undefined {
  const fitting = Object.keys(pipeline.outputTypes).filter(name => test(pipeline.outputTypes[name]!));
  return fitting.length === 1 ? fitting[0] : fitting.find(name => names.includes(name));
}

export function classOutputs(
  service: Pick<Service, 'pipeline'>,
): { classes: string; scores: string } | undefined {
  const classes = choose(service, isText, ['classes', 'labels']);
  const scores = choose(service, isFraction, ['scores']);
  return classes === undefined || scores === undefined ? undefined : { classes, scores };
}

export function valueOutput(service: Pick<Service, 'pipeline'>): string | undefined {
  return choose(service, isOne, ['value']);
}

function unfit(service: Service, method: string, wanted: string): MillraceError {
  const message = `pipeline "${service.name}" can't answer ${method}: ${wanted}; use :predict`;
  return new MillraceError('invalid-input', message);
}

function tensorOf({ outputs }: QueryResult, name: string): Tensor {
  const value: Value | undefined = outputs[name];
  if (value !== undefined && !isList(value)) return value;
  throw new MillraceError('stage-failed', `output "${name}" was skipped for one of the examples`);
}

/** Writes results of a classification; made before its queries run, since not every pipeline can answer one. */
export function classification(service: Service): (results: readonly QueryResult[]) => string {
  const chosen = classOutputs(service);
  if (!chosen) throw unfit(service, ':classify', 'it has no one output of labels with one of scores');
  const { classes, scores } = chosen;
  return results => {
    const written = results.map(result => {
      const labels = elementsOf(tensorOf(result, classes));
      const numbers = elementsOf(tensorOf(result, scores)) as number[];
      if (labels.length !== numbers.length) {
        const lengths = `${labels.length} elements, and output "${scores}" ${numbers.length}`;
        throw new MillraceError('stage-failed', `output "${classes}" has ${lengths}`);
      }
      const pairs = labels.map((label, at) => `[${JSON.stringify(label)},${writeDecimal(numbers[at]!)}]`);
      return `[${pairs.join(',')}]`;
    });
    return `{"results":[${written.join(',')}]}`;
  };
}

/** Writes results of a regression, as `classification` does. */
export function regression(service: Service): (results: readonly QueryResult[]) => string {
  const value = valueOutput(service);
  if (value === undefined) throw unfit(service, ':regress', 'it has no output of one number');
  return results => {
    const values = results.map(result => writeDecimal(elementsOf(tensorOf(result, value))[0] as number));
    return `{"results":[${values.join(',')}]}`;
  };
}
