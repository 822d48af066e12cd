/**
 * One signal for every way in which a user ends a command: Ctrl-C, `kill`, a closed terminal, or the end of the
 * process that started it. The second Ctrl-C ends at once; the guardian then cleans up.
 */
const PARENT_CHECK_MS = 1_000;
const INTERRUPTED = 130;

export function interruptSignal(): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, interrupt);
  // A parent that was killed sends nothing; being handed to another parent is how it shows.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent && !controller.signal.aborted) controller.abort();
  }, PARENT_CHECK_MS);
  watch.unref();
  return {
    signal: controller.signal,
    dispose: () => {
      clearInterval(watch);
      for (const name of signals) process.off(name, interrupt);
    },
  };
}
