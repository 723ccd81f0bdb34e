export * from './batching.ts';
