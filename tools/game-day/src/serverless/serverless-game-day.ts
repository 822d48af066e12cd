/**
 * A game day of a tier without servers: the same order of events as on servers (../game-day.ts), other things to break.
 * It warms the emulator up, finds what it bears, loads it, breaks it fault by fault, and measures what its users would
 * have seen beside what the template says. It never passes by default.
 */
import {
  declaredTimes,
  findServerlessAcceptance,
  longestSeconds,
  serverlessAcceptancesOf,
} from '@nines/availability';
import type { BaseTimeId, Measurements, ServerlessFaultId, TierId } from '@nines/availability';
import type { ServerlessCloud } from '@nines/emulator';
import { createGuardian } from '@nines/local-cloud';
import type { Clock, Guardian, OnCloudEvent, Pace } from '@nines/local-cloud';
import type { Ramp } from '../calibration.ts';
import { judgeWindow } from '../fault-window.ts';
import type { Audit, KeptOrder } from '../ledger.ts';
import type { LoadStage } from '../load-generator.ts';
import { createLoadOfRun } from '../load-of-run.ts';
import { countRequests, goodAnswersBySecond, totalOf } from '../measures.ts';
import { describePrediction } from '../prediction.ts';
import type { OnProgress } from '../progress.ts';
import { refuseFaultsWithoutAcceptance } from '../promised-faults.ts';
import { createRecorder, LATEST_REPORT_MS } from '../recorder.ts';
import type { Recorder } from '../recorder.ts';
import { reportOfRun } from '../report-of-run.ts';
import type { BrokenUnderLoad } from '../report-of-run.ts';
import type { FaultResult, GameDayReport } from '../result.ts';
import { RunUnderLoad } from '../run-under-load.ts';
import type { MeasuredFault } from '../run-under-load.ts';
import { serverlessAssumptions } from './assumptions.ts';
import { KILL_AFTER_MS } from './faults/function-kill.ts';
import { SERVERLESS_FAULTS } from './faults/index.ts';
import type {
  AcknowledgedOrder,
  ServerlessContext,
  ServerlessFault,
  ServerlessInjection,
} from './faults/index.ts';
import { RATE_FACTOR } from './faults/rate-exceeded.ts';
import { THROTTLED_SHARE } from './faults/table.ts';
import { createOrderWatch } from './order-watch.ts';
import type { OrderWatch } from './order-watch.ts';
import { authorizationsAsked, readOrderRecord, setVisibility } from './order-record.ts';
import { predictServerless } from './prediction.ts';
import { requestShares, shareOn } from './request-shares.ts';
import { putAsideSecondsOf, readTemplateSettings } from './template-settings.ts';
import type { TemplateSettings } from './template-settings.ts';

export interface ServerlessGameDayOptions {
  readonly tier: TierId;
  /** Deploys the tier and waits until it answers. */
  readonly startCloud: (onEvent: OnCloudEvent) => Promise<ServerlessCloud>;
  /** The k6 executable and the script that it runs. */
  readonly k6: string;
  readonly loadScript: string;
  readonly pace: Pace;
  readonly seed: number;
  /** @default every fault that the tier has an acceptance for */
  readonly faults?: readonly ServerlessFaultId[];
  readonly clock: Clock;
  readonly onProgress: OnProgress;
  /** Ends the run early; everything is cleaned up and the promise rejects. */
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string>>;
}

/** The steady load as a share of what is borne, as on servers. */
const LOAD_SHARE = 0.6;
/**
 * An emulator on two cores bears some tens of requests a second, and starts a process for each that comes at once: a
 * steep ramp would measure how fast processes start.
 */
const RAMP: Ramp = { firstRate: 6, lastRate: 76, seconds: 35 };
/**
 * Processes that stand ready before the first user, of the function for products and of that for orders. In an emulator
 * each start takes half a second of this machine's time from all others, so too few of them make the next ones needed.
 */
const WARM_PROCESSES = 24;
const WARM_FOR_ORDERS = 16;
/** So that a stage that lets as many pass at once as in a second has filled up again. */
const BETWEEN_WARM_UPS_MS = 1_500;
const NO_ORDER = '00000000-0000-4000-8000-000000000000';
const WARM_UP: readonly LoadStage[] = [
  { target: 2, duration: '0s' },
  { target: 10, duration: '10s' },
];
const WARM_UP_SECONDS = 10;
const MOST_USERS = 200;
/** After the calibration the emulator still works on what nobody waits for any more. */
const GOOD_AGAIN_LIMIT_SECONDS = 60;
/** Seconds after recovery that still belong to a fault's window, so that a relapse is seen. */
const TAIL_SECONDS = 5;

function killIfAlive(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

class ServerlessGameDay {
  readonly #options: ServerlessGameDayOptions;
  readonly #recorder: Recorder;
  readonly #watch: OrderWatch;
  readonly #run: RunUnderLoad;
  #cloud: ServerlessCloud | undefined;
  #settings: TemplateSettings | undefined;

  constructor(options: ServerlessGameDayOptions, guardian: Guardian) {
    this.#options = options;
    this.#recorder = createRecorder(() => options.clock.epochNow());
    this.#watch = createOrderWatch(this.#recorder.ledger);
    const load = createLoadOfRun({
      k6: options.k6,
      script: options.loadScript,
      baseUrl: () => this.#running.url,
      guardian,
      clock: options.clock,
      recorder: this.#recorder,
      onOrder: this.#watch.acknowledge,
      onKept: this.#watch.keep,
    });
    const { clock, onProgress, signal } = options;
    this.#run = new RunUnderLoad({ recorder: this.#recorder, load, clock, onProgress, signal });
  }

  get #running(): ServerlessCloud {
    if (!this.#cloud) throw new Error('the tier is not running');
    return this.#cloud;
  }

  get #template(): TemplateSettings {
    if (!this.#settings) throw new Error('the tier is not running');
    return this.#settings;
  }

  async run(): Promise<GameDayReport> {
    const { tier, faults = [] } = this.#options;
    const promised = serverlessAcceptancesOf(tier).map(({ fault }) => fault);
    refuseFaultsWithoutAcceptance(`${tier} without servers`, faults, promised);
    const startedAt = new Date(this.#options.clock.epochNow()).toISOString();
    const watching = new AbortController();
    void this.#run.reportSeconds(watching.signal);
    try {
      await this.#start();
      const capacityRps = await this.#findCapacity();
      const loadRps = Math.max(1, Math.round(capacityRps * LOAD_SHARE));
      const broken = await this.#breakUnderLoad(capacityRps, loadRps);
      return reportOfRun(this.#options, {
        ...broken,
        flavour: 'serverless',
        recorder: this.#recorder,
        selectedFaults: this.#selected().length,
        capacityRps,
        loadRps,
        startedAt,
        assumptions: serverlessAssumptions(this.#options.pace, this.#template, this.#running),
        problems: this.#run.problems,
      });
    } finally {
      watching.abort();
      await this.#cloud?.close();
    }
  }

  async #start(): Promise<void> {
    const { pace, startCloud } = this.#options;
    this.#run.enter('deploying the tier');
    await this.#run.load.prepare();
    this.#cloud = await startCloud(({ message }) => {
      this.#recorder.mark('event', message);
    });
    this.#run.throwIfInterrupted();
    this.#settings = readTemplateSettings(this.#cloud.template);
    if (pace.divisor !== 1) await this.#divideVisibility();
  }

  /** How long a queue waits for its worker is the template's decision, like AWS's own times. */
  async #divideVisibility(): Promise<void> {
    const { queue, keepsOrders } = this.#template;
    const seconds = queue.visibilitySeconds / this.#options.pace.divisor;
    await setVisibility(this.#running, 'OrderQueueUrl', seconds);
    if (keepsOrders) await setVisibility(this.#running, 'IntakeQueueUrl', seconds);
  }

  async #findCapacity(): Promise<number> {
    const { clock, signal } = this.#options;
    this.#run.enter('warm-up of the emulator');
    await this.#startProcesses();
    const warmUp = this.#run.load.start('warm-up', WARM_UP, MOST_USERS);
    await warmUp.started;
    await clock.sleep(WARM_UP_SECONDS * 1000, signal);
    await warmUp.stop();
    this.#run.throwIfInterrupted();
    const found = await this.#run.calibrate(MOST_USERS, RAMP);
    this.#run.throwIfInterrupted();
    // What a stage lets pass at once makes a ramp look better than what it lets pass for long.
    return Math.min(found, this.#template.stage?.rateLimit ?? found);
  }

  async #startProcesses(): Promise<void> {
    const { url, warmUp } = this.#running;
    await warmUp(WARM_PROCESSES);
    await this.#options.clock.sleep(BETWEEN_WARM_UPS_MS, this.#options.signal);
    // Asked for an order that nobody placed, so that nothing is left behind; the answer is of no matter.
    const asked = Array.from({ length: WARM_FOR_ORDERS }, () =>
      fetch(`${url}/orders/${NO_ORDER}`, { headers: { connection: 'close' } }).then((reply) => reply.text()),
    );
    await Promise.allSettled(asked);
  }

  async #breakUnderLoad(capacityRps: number, loadRps: number): Promise<BrokenUnderLoad> {
    const { clock } = this.#options;
    this.#run.enter('steady load');
    const steady = await this.#run.load.startSteady(loadRps, MOST_USERS);
    // Beside what the emulator still has to do for the calibration nothing of the tier could be told.
    const isServed = await this.#areServedWell(clock.epochNow());
    if (!isServed) this.#run.problems.push('its users were never served well, before any fault');
    const measuredFromMs = clock.epochNow();
    const results: FaultResult[] = [];
    try {
      for (const fault of isServed ? this.#selected() : []) {
        steady.throwIfFailed();
        const result = await this.#tryFault(fault, capacityRps, loadRps);
        if (result) results.push(result);
        // Users who are not served already cannot show what the next fault does to them.
        if (this.#run.isGivenUp) break;
      }
    } finally {
      await steady.stop();
    }
    steady.throwIfFailed();
    return { faults: results, measuredFromMs, audit: await this.#auditAfterAll() };
  }

  /** Orders acknowledged after the last fault's audit count too, though no fault is to blame for them. */
  async #auditAfterAll(): Promise<Audit> {
    const { clock } = this.#options;
    const nowMs = clock.epochNow();
    // What was kept in the last moments is still on its way; what came before is another audit's.
    await this.#awaitEnds({ fromMs: nowMs - LATEST_REPORT_MS, toMs: nowMs });
    const record = await readOrderRecord(this.#running, { clock, keptBeforeMs: nowMs });
    return this.#run.auditAfterAll(record);
  }

  #selected(): ServerlessFault[] {
    const { faults, tier } = this.#options;
    return SERVERLESS_FAULTS.filter(
      ({ name }) => findServerlessAcceptance(tier, name) && (faults?.includes(name) ?? true),
    );
  }

  #tryFault(fault: ServerlessFault, capacityRps: number, loadRps: number): Promise<FaultResult | undefined> {
    return this.#run.tryFault({
      label: fault.name,
      measure: () => this.#injectAndMeasure(fault, capacityRps, loadRps),
      awaitWhole: async () => {
        if (!(await this.#areServedWell(this.#options.clock.epochNow())))
          throw new Error('its users were not served again');
      },
    });
  }

  #areServedWell(fromMs: number): Promise<boolean> {
    return this.#run.awaitGoodSeconds(fromMs, GOOD_AGAIN_LIMIT_SECONDS);
  }

  #contextFor(loadRps: number): ServerlessContext {
    const { clock, pace, signal } = this.#options;
    return {
      cloud: this.#running,
      settings: this.#template,
      pace,
      clock,
      signal,
      loadRps,
      extraLoad: { start: (rate) => this.#run.load.startExtra(rate, MOST_USERS) },
      acknowledgedSince: this.#watch.acknowledgedSince,
      kill: killIfAlive,
      acknowledge: (order: AcknowledgedOrder) => {
        this.#watch.acknowledge(order);
      },
      keep: (order: KeptOrder) => {
        this.#watch.keep(order);
      },
      awaitRecovery: (fromMs, limitSeconds) => this.#run.awaitGoodSeconds(fromMs, limitSeconds),
      mark: (what) => {
        this.#recorder.mark('event', what);
      },
    };
  }

  async #injectAndMeasure(
    fault: ServerlessFault,
    capacityRps: number,
    loadRps: number,
  ): Promise<MeasuredFault> {
    const { clock, pace, tier } = this.#options;
    const cloud = this.#running;
    const acceptance = findServerlessAcceptance(tier, fault.name);
    if (!acceptance) throw new Error(`${tier} has no acceptance for ${fault.name}`);
    // Said before it happens: a prediction that knew how the fault went would be none.
    const predicted = this.#predict(fault, loadRps);
    const authorizationsBefore = await authorizationsAsked(cloud);
    const askedAtMs = clock.epochNow();
    const injection = await fault.inject(this.#contextFor(loadRps));
    const injectedAtMs = injection.beganAtMs ?? askedAtMs;
    this.#recorder.mark('inject', fault.name);
    await injection.hold();
    const healedAtMs = clock.epochNow();
    await injection.heal();
    this.#recorder.mark('heal', `${fault.name} ended`);
    this.#run.throwIfInterrupted();
    await injection.verify(this.#run.evidenceSince(injectedAtMs));
    if (!(await this.#areServedWell(healedAtMs))) {
      this.#run.giveUp(`after ${fault.name} its users were never served again`);
    }
    await clock.sleep(TAIL_SECONDS * 1000 - LATEST_REPORT_MS, this.#options.signal);
    // Counted where the window ends: what is asked while its last samples are reported belongs to no order of it.
    const attempts = (await authorizationsAsked(cloud)) - authorizationsBefore;
    const endedAtMs = clock.epochNow();
    await clock.sleep(LATEST_REPORT_MS, this.#options.signal);
    const samples = this.#recorder.between(injectedAtMs, endedAtMs);
    const more = await this.#measureMore(injection, { injectedAtMs, healedAtMs, endedAtMs });
    this.#run.throwIfInterrupted();
    const result = judgeWindow(
      {
        ...this.#run.recordedAround({ injectedAtMs, healedAtMs, endedAtMs }),
        fault: fault.name,
        target: injection.target(),
        samples,
        audit: this.#recorder.ledger.audit(await readOrderRecord(cloud, { clock, keptBeforeMs: endedAtMs })),
        // Every order needs one authorization, and what the service was asked beyond that are repetitions.
        payment: { calls: samples.filter(({ route }) => route === 'order').length, attempts },
        capacityRps,
        humanActions: injection.humanActions?.() ?? 0,
        baseSeconds: (id) => this.#baseSeconds(id),
        paceDivisor: pace.divisor,
        predicted,
        more,
      },
      acceptance,
    );
    return { result, afterwards: injection.afterwards };
  }

  /** What a limit stands on top of, at this run's pace. */
  #baseSeconds(id: BaseTimeId): number {
    const { pace } = this.#options;
    if (id === 'put-aside-time') return putAsideSecondsOf(this.#template) / pace.divisor;
    const declared = declaredTimes.find((time) => time.id === id);
    return declared ? pace.scaleMs(longestSeconds(declared.seconds)) / 1000 : Number.NaN;
  }

  async #measureMore(
    injection: ServerlessInjection,
    span: { injectedAtMs: number; healedAtMs: number; endedAtMs: number },
  ): Promise<Measurements> {
    const { injectedAtMs, healedAtMs, endedAtMs } = span;
    const samples = this.#recorder.between(injectedAtMs, endedAtMs);
    const answered = this.#recorder.between(injectedAtMs - LATEST_REPORT_MS, endedAtMs);
    const good = goodAnswersBySecond(answered, injectedAtMs, healedAtMs);
    const requests = countRequests(samples);
    const own = await injection.measure?.({
      failedRequests: totalOf(requests) - requests.good,
      goodputRps: good.reduce((sum, count) => sum + count, 0) / Math.max(1, good.length),
    });
    const ends = await this.#awaitEnds({ fromMs: injectedAtMs, toMs: endedAtMs });
    return { ...requestShares(samples), ...ends, ...own };
  }

  #awaitEnds(span: { readonly fromMs: number; readonly toMs: number }): Promise<Measurements> {
    const { clock, pace, signal } = this.#options;
    const visibilitySeconds = this.#template.queue.visibilitySeconds / pace.divisor;
    return this.#watch.awaitEnds(this.#running, { ...span, visibilitySeconds, clock, signal });
  }

  #predict(fault: ServerlessFault, loadRps: number): string {
    const { clock, pace } = this.#options;
    const settings = this.#template;
    const samples = this.#recorder.between(this.#recorder.startedAtMs, clock.epochNow());
    return describePrediction(
      predictServerless(fault.name, {
        settings,
        mix: {
          order: shareOn(samples, ['order']),
          write: shareOn(samples, ['order', 'replay']),
          readBack: shareOn(samples, ['read-back']),
        },
        loadRps,
        faultSeconds: fault.seconds(pace, settings),
        kills: KILL_AFTER_MS.length,
        throttledShare: THROTTLED_SHARE,
        offeredRps: RATE_FACTOR * (settings.stage?.rateLimit ?? 0),
        paceDivisor: pace.divisor,
        ...(this.#running.regions === undefined ? {} : { regions: this.#running.regions }),
      }),
    );
  }
}

/** Runs a game day and leaves nothing behind, however it ends. */
export async function runServerlessGameDay(options: ServerlessGameDayOptions): Promise<GameDayReport> {
  const guardian = createGuardian();
  try {
    return await new ServerlessGameDay(options, guardian).run();
  } finally {
    await guardian.close();
  }
}
