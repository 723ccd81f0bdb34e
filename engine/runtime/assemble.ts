/** A batch put together: the way of each item through its group, and what goes to the replica. */
import type { Dispatched } from './flights.ts';
import type { BatchItem, Program } from './message.ts';
import type { Route, Router } from './program.ts';
import { contextOf, type WorkItem } from './query.ts';

export interface Assembled {
  batch: Dispatched[];
  programs: Program[];
  sent: BatchItem[];
  /** Milliseconds it may take: as long as the longest way through it. */
  limit: number;
}

export function assemble(items: readonly WorkItem[], router: Router): Assembled {
  const batch: Dispatched[] = [];
  const routes: Route[] = [];
  const sent: BatchItem[] = [];
  let limit = 0;
  for (const item of items) {
    const { route, values } = router.route(item);
    let program = routes.indexOf(route);
    if (program < 0) program = routes.push(route) - 1;
    if (route.timeout > limit) limit = route.timeout;
    batch.push({ item, route });
    sent.push({ program, values, context: contextOf(item) });
  }
  return { batch, programs: routes.map(({ program }) => program), sent, limit };
}
