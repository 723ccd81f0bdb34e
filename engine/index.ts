/** Millrace as a library. */
export { loadPipeline, checkPipeline, loadPlan, loadHardware, PipelineError } from '../pipelines/index.ts';
export type { BoundPipeline, Diagnostic, Plan } from '../pipelines/index.ts';
export {
  bytes,
  errorTable,
  float,
  fromPlain,
  isList,
  MillraceError,
  stringify,
  tensor,
  text,
  texts,
  textOf,
  toPlain,
  zeros,
} from '../operators/index.ts';
export type { ErrorCode, Item, Operator, Outputs, Runner, Site, Tensor, Value } from '../operators/index.ts';
export { hostFacts, hostFingerprint, type Host } from './profiler/host.ts';
export { identityOf } from './profiler/identity.ts';
export { readMeasurements, writeMeasurements, type Measurements } from './profiler/measurements.ts';
export type { ProfileOptions, ProfileOutcome, ProfileProgress } from './profiler/profile-options.ts';
export { profilePipeline } from './profiler/profile-pipeline.ts';
export type { SampleQuery } from './profiler/recording.ts';
export { readRecording, type ReadRecording } from './recording/read-recording.ts';
export { calibrate, type CalibrateOptions } from './rehearsal/calibrate.ts';
export { emulatedDeployment, rehearse, type Rehearsal, type RehearseOptions } from './rehearsal/rehearse.ts';
export { replay, type Replayed, type ReplayOptions } from './rehearsal/replay.ts';
export { asRehearsed, predict, summarise, type Summary } from './rehearsal/summary.ts';
export { VirtualClock } from './rehearsal/virtual-clock.ts';
export { realClock, type Clock } from './runtime/clock.ts';
export {
  defaultDeployment,
  deployPlan,
  type Deployment,
  type HardwareTypes,
  type Machine,
} from './runtime/deployment.ts';
export type { EngineEvents } from './runtime/events.ts';
export { Engine } from './runtime/engine.ts';
export type { EngineOptions, QueryOptions } from './runtime/engine-options.ts';
export type { EngineStatus, PoolStatus } from './runtime/status.ts';
export type { InputValue } from './runtime/inputs.ts';
export { defaultLimits, type Limits } from './runtime/limits.ts';
export { localReplicas } from './runtime/local-replica.ts';
export { eventLoopFirst } from './runtime/niceness.ts';
export type { QueryObserver, QueryResult, StageRun, StageTimes } from './runtime/query.ts';
export type { Replica, ReplicaFactory } from './runtime/replica.ts';
export { threadReplicas } from './runtime/thread-replica.ts';
export { EngineTuner, type EngineTunerOptions } from './tuner/engine-tuner.ts';
export { planInThread } from './tuner/plan-thread.ts';
