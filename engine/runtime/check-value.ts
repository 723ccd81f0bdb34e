/** Whether a value is what its port declares. */
import { describe, isList, sizeOf, type PortType, type Tensor, type Value } from '../../operators/index.ts';

function tensorProblem(tensor: Tensor, type: PortType): string | null {
  if (tensor === null || typeof tensor !== 'object' || !Array.isArray(tensor.shape) || !tensor.data)
    return 'is not a tensor { datatype, shape, data }';
  if (type.datatype !== 'ANY' && tensor.datatype !== type.datatype)
    return `is ${describe(tensor)}, not the ${type.datatype} it declares`;
  if (tensor.data.length !== sizeOf(tensor.shape))
    return `has ${tensor.data.length} elements, not the ${sizeOf(tensor.shape)} of its shape`;
  if (
    type.shape &&
    (type.shape.length !== tensor.shape.length ||
      type.shape.some((size, axis) => typeof size === 'number' && size >= 0 && size !== tensor.shape[axis]))
  ) {
    return `is ${describe(tensor)}, not of the shape [${type.shape.join(', ')}] it declares`;
  }
  return null;
}

/** What is wrong with an output, as the end of a sentence that begins with it; null: nothing. */
export function valueProblem(value: Value, type: PortType): string | null {
  const isOfLists = type.list ?? false;
  if (isOfLists !== isList(value) && (isOfLists || type.datatype !== 'ANY'))
    return isOfLists ? 'is a tensor, not the list it declares' : 'is a list, not the tensor it declares';
  for (const tensor of isList(value) ? value : [value]) {
    const problem = tensorProblem(tensor, type);
    if (problem) return problem;
  }
  return null;
}
