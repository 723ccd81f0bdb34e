export { VirtualClock } from '../../engine/rehearsal/virtual-clock.ts';
