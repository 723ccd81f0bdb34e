/** What can be wrong with a file, and how one such mistake is described. */

interface Entry {
  severity: 'error' | 'warning';
  meaning: string;
}

/** The closed set of codes. */
export const diagnosticTable = {
  'yaml-syntax': {
    severity: 'error',
    meaning: 'the text is no YAML, or uses a part of YAML that is not taken here',
  },
  'json-syntax': { severity: 'error', meaning: 'the text is no JSON' },
  'too-large': {
    severity: 'error',
    meaning: 'the file is larger, deeper or has more values than a reader takes',
  },
  'not-a-mapping': { severity: 'error', meaning: 'the file is empty or something other than a mapping' },
  'duplicate-key': { severity: 'error', meaning: 'a name is given twice in one mapping' },
  'missing-key': { severity: 'error', meaning: 'a key that must be there is not' },
  'unknown-key': { severity: 'error', meaning: 'a key that means nothing here' },
  'bad-type': { severity: 'error', meaning: 'a value of the wrong kind' },
  'bad-version': {
    severity: 'error',
    meaning: 'another kind of file, or a version this reader does not know',
  },
  'bad-name': { severity: 'error', meaning: 'a name that references or expressions could not spell' },
  'bad-datatype': { severity: 'error', meaning: 'no datatype of the Open Inference Protocol' },
  'bad-shape': { severity: 'error', meaning: 'a shape with something other than sizes, names and -1' },
  'bad-duration': { severity: 'error', meaning: 'no duration with a unit' },
  'bad-slo': { severity: 'error', meaning: 'an objective that is no percentile with a duration' },
  'no-stages': { severity: 'error', meaning: 'a pipeline without a stage' },
  'no-outputs': { severity: 'error', meaning: 'a pipeline without an output' },
  'bad-reference': { severity: 'error', meaning: 'a reference that is not inputs.NAME, STAGE.PORT or item' },
  'unknown-input': {
    severity: 'error',
    meaning: 'a reference to an input that the pipeline does not declare',
  },
  'unknown-stage': { severity: 'error', meaning: 'a reference to a stage that is not there' },
  'unknown-port': { severity: 'error', meaning: 'a reference to an output that the stage does not have' },
  'unknown-item': { severity: 'error', meaning: 'an item that the `each` of the stage does not name' },
  'bad-each': { severity: 'error', meaning: 'an `each` over something that is no list' },
  'nested-each': { severity: 'error', meaning: 'a list for each item of a list' },
  cycle: { severity: 'error', meaning: 'stages that wait for each other' },
  'unused-stage': { severity: 'error', meaning: 'a stage from which nothing leads to an output' },
  'unused-input': { severity: 'warning', meaning: 'an input that nothing reads' },
  'bad-expression': { severity: 'error', meaning: 'a condition that is no CEL, or whose types do not fit' },
  'expression-not-boolean': { severity: 'error', meaning: 'a condition whose value is no boolean' },
  'bad-state': {
    severity: 'error',
    meaning: 'a state whose input or output is missing, taken or does not fit',
  },
  'unknown-operator': { severity: 'error', meaning: 'no built-in operator of that name' },
  'operator-failed': { severity: 'error', meaning: 'an operator whose module or ports could not be loaded' },
  'unknown-parameter': { severity: 'error', meaning: 'a parameter that the operator does not have' },
  'missing-parameter': { severity: 'error', meaning: 'a parameter that the operator needs' },
  'bad-parameter': { severity: 'error', meaning: 'a value that the parameter does not take' },
  'missing-file': { severity: 'error', meaning: 'a file that is not there' },
  'not-onnx': { severity: 'error', meaning: 'a model file that is no ONNX' },
  'missing-input': { severity: 'error', meaning: 'an operator input that must be connected and is not' },
  'unknown-operator-input': { severity: 'error', meaning: 'an input that the operator does not have' },
  'datatype-mismatch': { severity: 'error', meaning: 'an edge between ports of different datatypes' },
  'shape-mismatch': { severity: 'error', meaning: 'an edge between ports whose shapes cannot be equal' },
  'list-mismatch': { severity: 'error', meaning: 'a list where a tensor is wanted, or the other way round' },
  'wrong-pipeline': { severity: 'error', meaning: 'a plan, a profile or a recording of another pipeline' },
  'unplaced-stage': { severity: 'error', meaning: 'a stage in no group of the plan' },
  'repeated-stage': { severity: 'error', meaning: 'a stage in two groups of the plan' },
  'mixed-scopes': { severity: 'error', meaning: 'a group of stages that run on different items' },
  'unknown-hardware': { severity: 'error', meaning: 'a hardware type that the file does not declare' },
  'missing-price': { severity: 'error', meaning: 'a hardware type without the price that is asked for' },
  'missing-times': { severity: 'error', meaning: 'a stage or a batch of a profile without times' },
  'bad-batch': { severity: 'error', meaning: 'a batch size that is no whole number of at least 1' },
  'bad-percentage': { severity: 'error', meaning: 'a quantile at no percentage from 0 to 100' },
  'bad-samples': { severity: 'error', meaning: 'items per query that are no whole numbers' },
  'odd-samples': {
    severity: 'warning',
    meaning: 'items per query that do not go with their mean, or with those of another stage',
  },
  'falling-time': {
    severity: 'warning',
    meaning: 'measured times that fall where they can only grow; they are smoothed',
  },
  'missing-arrivals': { severity: 'error', meaning: 'a trace without arrivals, or all at one instant' },
  'bad-header': { severity: 'error', meaning: 'a trace whose first line is not the name of its column' },
  'bad-arrival': { severity: 'error', meaning: 'an arrival that is no number of seconds of at least 0' },
  'bad-hash': { severity: 'error', meaning: 'a hash that is no SHA-256 in hexadecimal digits' },
  'repeated-key': { severity: 'error', meaning: 'an API key whose name or hash another one has' },
  'unknown-pipeline': { severity: 'warning', meaning: 'a pipeline that is not served' },
  'unsorted-arrival': { severity: 'error', meaning: 'an arrival before the one above it' },
} as const satisfies Record<string, Entry>;

export type DiagnosticCode = keyof typeof diagnosticTable;

/** The line a mistake is on. Long lines are cut around the place. */
export interface Excerpt {
  text: string;
  /** Where the carets start in `text`, from 1. */
  column: number;
  /** How many carets. */
  length: number;
}

/** One mistake, with where it is and what to do. */
export interface Diagnostic {
  code: DiagnosticCode;
  severity: 'error' | 'warning';
  /** As the file was named; empty for text without a file. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  message: string;
  /** What was probably meant. */
  suggestion?: string;
  excerpt: Excerpt;
}

export function isDiagnosticCode(code: unknown): code is DiagnosticCode {
  return typeof code === 'string' && Object.hasOwn(diagnosticTable, code);
}

/** Whether anything among `diagnostics` keeps the file from being used. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
