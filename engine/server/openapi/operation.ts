/** Parts of OpenAPI 3.1 documents. */
import type { Service } from '../service.ts';
import { reference, type Schema } from './schemas.ts';

export interface MediaType {
  schema?: Schema;
  example?: unknown;
}

export interface Operation {
  summary: string;
  description?: string;
  tags: readonly [string];
  requestBody?: { required: boolean; content: Readonly<Record<string, MediaType>> };
  responses: Readonly<Record<string, object>>;
  parameters?: readonly object[];
}

/** Describes an operation on a pipeline. */
export type DescribeOne = (service: Service) => Operation;

/** By method and path: `POST /v2/models/{model}/infer`. Paths of one version are described as those of the newest. */
export interface Descriptions {
  /** Of the server as a whole. */
  whole: Readonly<Record<string, Operation>>;
  /** Of one pipeline. */
  each: Readonly<Record<string, DescribeOne>>;
}

function json(schema: Schema, example?: unknown): Readonly<Record<string, MediaType>> {
  return { 'application/json': { schema, ...(example !== undefined && { example }) } };
}

/** A body of JSON, and other kinds of body. */
export function body(
  schema: Schema,
  example: unknown,
  others: Readonly<Record<string, MediaType>> = {},
): Operation['requestBody'] & object {
  return { required: true, content: { ...json(schema, example), ...others } };
}

/** A reply of JSON, or an error in the protocol's shape. */
export function replies(
  description: string,
  schema: Schema,
  { example, error = 'Error' }: { example?: unknown; error?: string } = {},
): Readonly<Record<string, object>> {
  return {
    200: { description, content: json(schema, example) },
    default: { description: 'Why there is no answer', content: json(reference(error)) },
  };
}
