/** The process of one experiment: `measure-one.ts <experiment> <effort as JSON>` prints its series as JSON. */
import { EXPERIMENTS, type ExperimentName } from './experiments/all-experiments.ts';
import type { Effort } from './experiments/experiment.ts';

const [name = '', effort = ''] = process.argv.slice(2);
const series = await EXPERIMENTS[name as ExperimentName].measure(JSON.parse(effort) as Effort);
// A peer may keep a timer, and nobody waits for it.
process.stdout.write(JSON.stringify(series), () => process.exit(0));
