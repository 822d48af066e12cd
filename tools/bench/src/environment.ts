/** On what a figure was measured, to stand beside it. */
import { cpus, loadavg, platform, release } from 'node:os';

export const environment = (): Record<string, string> => ({
  processor: `${String(cpus().length)} x ${cpus()[0]?.model ?? 'unknown'}`,
  system: `${platform()} ${release()}`,
  node: process.version,
  v8: process.versions.v8,
  'load when it began': loadavg()[0]?.toFixed(2) ?? 'unknown',
});
