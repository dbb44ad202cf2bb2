/** Shares tasks among workers. */

/** A task, with the worker that runs it. It returns the tasks that follow from it. */
export type Task<Worker> = (worker: Worker) => Promise<readonly Task<Worker>[]>;

/**
 * Runs tasks until none is left. Each worker takes the next task when it is free; the tasks that follow from
 * a task run before all others.
 *
 * @param isStopped Whether no new task may start.
 */
export async function runTasks<Worker>(
  workers: readonly Worker[],
  tasks: readonly Task<Worker>[],
  isStopped: () => boolean,
): Promise<void> {
  const waiting = [...tasks];
  let running = 0;
  let wake = Promise.withResolvers<void>();
  await Promise.all(workers.map(async (worker) => {
    for (;;) {
      const task = isStopped() ? undefined : waiting.shift();
      if (task === undefined && (running === 0 || isStopped())) return;
      if (task === undefined) {
        // Another worker's task may lead to more.
        await wake.promise;
        continue;
      }
      running++;
      try {
        waiting.unshift(...await task(worker));
      } finally {
        running--;
        wake.resolve();
        wake = Promise.withResolvers<void>();
      }
    }
  }));
}
