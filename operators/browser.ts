/** The door for what runs in browsers: nothing behind it needs Node. */
export * from './codec.ts';
export * from './datatype.ts';
export * from './errors.ts';
export * from './open-inference/index.ts';
export * from './tensor.ts';
