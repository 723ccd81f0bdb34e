export * from './batching.ts';
export { costOf } from './cost.ts';
export * from './estimate.ts';
export * from './forecast.ts';
export { fitPlan, type FitOptions, type Fitted } from './fit/fit.ts';
export { predictParts } from './fit/predict.ts';
export type { Part } from './fit/union-problem.ts';
export * from './percentile.ts';
export * from './remaining.ts';
export * from './system.ts';
export * from './profile/coverage.ts';
export * from './profile/profile-file.ts';
export * from './profile/profile.ts';
export { withCounts } from './profile/recorded-scales.ts';
export { comparePlans } from './report/comparison.ts';
export * from './report/format.ts';
export { frontierOf, frontierSteps } from './report/frontier.ts';
export { tellSearch, tellVerdict } from './report/headline.ts';
export { headroomOf } from './report/headroom.ts';
export { renderReport } from './report/page.ts';
export type { ReportPlan } from './report/report.ts';
export type { NoPlan } from './search/infeasible.ts';
export type { SearchOptions, SearchProgress } from './search/context.ts';
export { searchPlan, type FoundPlan } from './search/search.ts';
export * from './simulation/control.ts';
export * from './simulation/deployment.ts';
export * from './simulation/outcome.ts';
export * from './simulation/query-draws.ts';
export * from './simulation/rested.ts';
export * from './simulation/simulate.ts';
export * from './simulation/structure.ts';
export * from './workload/describe.ts';
export { gammaArrivals } from './workload/gamma.ts';
export * from './workload/recorded-traffic.ts';
export * from './workload/recording.ts';
export * from './workload/recording-reader.ts';
export * from './workload/samples.ts';
export * from './workload/trace.ts';
export { plannedReplicas, type Replicas } from './tuner/allot.ts';
export { CostMeter, hourlyCost } from './tuner/cost-meter.ts';
export { countedSearch } from './tuner/counted-search.ts';
export { estimateTuned, type TunedEstimate } from './tuner/estimate-tuned.ts';
export { observed, type PlanOrder } from './tuner/observed.ts';
export * from './tuner/plan-anew.ts';
export { provisionOf, type Provision } from './tuner/provision.ts';
export type { SimulatedDecision } from './tuner/simulated-tuner.ts';
export type { Tuned, TunerMode } from './tuner/tuned.ts';
export {
  decisionKinds,
  Tuner,
  tunerInterval,
  tunerLimits,
  type DecisionKind,
  type TunerDecision,
} from './tuner/tuner.ts';
export * from './work-queue.ts';
export * from './workload/workload.ts';
