/**
 * A game day: starts a topology, finds what it bears, loads it, breaks it fault by fault, and measures what its
 * users would have seen beside what the design promised. It never passes by default: a fault that hit nothing, a
 * topology that does not become whole again and a criterion that was not measured all fail it.
 */
import {
  acceptancesOf,
  clientRetriesOf,
  declaredTime,
  declaredTimes,
  findAcceptance,
  longestSeconds,
} from '@nines/availability';
import type { Acceptance, BaseTimeId, DeclaredSeconds, TierId } from '@nines/availability';
import {
  createGuardian,
  createLocalCloud,
  createMultiRegionCloud,
  servesEverywhere,
  servingRegions,
} from '@nines/local-cloud';
import type {
  Bundles,
  Clock,
  DeclaredDurations,
  Guardian,
  LocalCloud,
  LocalCloudOptions,
  Pace,
} from '@nines/local-cloud';
import { nodesOfKind } from '@nines/topology';
import type { Topology } from '@nines/topology';
import { assumptionsOf } from './assumptions.ts';
import { declaredSourcesOf, drawDeclaredDurations } from './declared-durations.ts';
import { ERROR_PERIOD_SECONDS, judgeWindow, watchesErrors, writesOf } from './fault-window.ts';
import { FAULTS, NORMAL_PAYMENT, OVERLOAD_FACTOR } from './faults/index.ts';
import type { Fault, FaultName, Injection, Response } from './faults/index.ts';
import { CLIENT_PATIENCE_MS } from './load-generator.ts';
import { createLoadOfRun } from './load-of-run.ts';
import { directSecondsOf, GOOD_SECONDS_IN_A_ROW, recoverySecondsOf } from './measures.ts';
import { paymentTrafficBetween, readPaymentCounters } from './payment-traffic.ts';
import { describePrediction, mixOf, predict } from './prediction.ts';
import type { OnProgress } from './progress.ts';
import { refuseFaultsWithoutAcceptance } from './promised-faults.ts';
import { createRecorder, LATEST_REPORT_MS } from './recorder.ts';
import type { Recorder } from './recorder.ts';
import { drawRegionDurations, isOverRegions } from './region-durations.ts';
import { reportOfRun } from './report-of-run.ts';
import type { BrokenUnderLoad } from './report-of-run.ts';
import type { FaultResult, GameDayReport } from './result.ts';
import { RunUnderLoad } from './run-under-load.ts';
import type { MeasuredFault } from './run-under-load.ts';
import { copyIntervalSeconds, decisionSeconds } from './single-server.ts';
import { describeKept, readSystemOfRecord } from './system-of-record.ts';
import type { ServersRecord } from './system-of-record.ts';
import { awaitWholeTopology, TopologyNotWholeError } from './whole-topology.ts';

export interface GameDayOptions {
  readonly tier: TierId;
  readonly topology: Topology;
  readonly bundles: Bundles;
  /** The k6 executable and the script that it runs. */
  readonly k6: string;
  readonly loadScript: string;
  readonly pace: Pace;
  readonly seed: number;
  /** @default every fault that the tier has an acceptance for */
  readonly faults?: readonly FaultName[];
  /**
   * Durations to use instead of those that AWS declares, for "what if" and for tests.
   *
   * @default drawn from the declared ranges by the seed
   */
  readonly durations?: Partial<DeclaredDurations>;
  readonly clock: Clock;
  readonly onProgress: OnProgress;
  /** Ends the run early; everything is cleaned up and the promise rejects. */
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The steady load as a share of what the topology bears: above half, so that losing one of two zones hurts, and more
 * than the peak of a tier of three zones, whose servers are 70% busy at their peak when one of the zones is lost.
 */
const LOAD_SHARE = 0.6;
/** The rate that the users of a calibration suffice for; past it iterations are dropped, which ends the ramp too. */
const CALIBRATION_RPS = 400;
const GOOD_AGAIN_LIMIT_SECONDS = 45;
/** Seconds after recovery that still belong to a fault's window, so that a relapse is seen. */
const TAIL_SECONDS = 5;
/** A kept order that is not stored after a delivery that failed and the next one never will be; and the machine's own share. */
const DELIVERIES_WAITED = 2;
const KEPT_ORDERS_MACHINE_SECONDS = 45;
const mean = (seconds: DeclaredSeconds): number =>
  typeof seconds === 'number' ? seconds : (seconds.min + seconds.max) / 2;

/** Everyone may be left waiting for the whole of their patience before an iteration is dropped. */
const usersFor = (peakRps: number): number => Math.ceil(peakRps * (CLIENT_PATIENCE_MS / 1000) * 1.2) + 10;

/** Where all regions serve at once, each is built to bear everything that all of them get. */
export function loadShareOf(topology: Topology): number {
  return servesEverywhere(topology) ? LOAD_SHARE / servingRegions(topology).length : LOAD_SHARE;
}

class GameDay {
  readonly #options: GameDayOptions;
  readonly #recorder: Recorder;
  readonly #guardian: Guardian;
  readonly #run: RunUnderLoad;
  readonly #declared: DeclaredDurations;
  #cloud: LocalCloud | undefined;

  constructor(options: GameDayOptions, guardian: Guardian) {
    this.#options = options;
    this.#guardian = guardian;
    this.#recorder = createRecorder(() => options.clock.epochNow());
    const { ledger } = this.#recorder;
    const load = createLoadOfRun({
      k6: options.k6,
      script: options.loadScript,
      baseUrl: () => this.#running.url,
      retries: clientRetriesOf(options.tier),
      guardian,
      clock: options.clock,
      recorder: this.#recorder,
      onOrder: (order) => {
        ledger.acknowledge(order);
      },
      onKept: (order) => {
        ledger.keep(order);
      },
    });
    const { clock, onProgress, signal } = options;
    this.#run = new RunUnderLoad({ recorder: this.#recorder, load, clock, onProgress, signal });
    this.#declared = { ...drawDeclaredDurations(options.seed, options.topology), ...options.durations };
  }

  get #running(): LocalCloud {
    if (!this.#cloud) throw new Error('the local cloud is not running');
    return this.#cloud;
  }

  async run(): Promise<GameDayReport> {
    const { clock, tier, faults = [] } = this.#options;
    const promised = acceptancesOf(tier).map(({ fault }) => fault);
    refuseFaultsWithoutAcceptance(tier, faults, promised);
    const startedAt = new Date(clock.epochNow()).toISOString();
    const watching = new AbortController();
    void this.#run.reportSeconds(watching.signal);
    try {
      await this.#startCloud();
      const capacityRps = await this.#run.calibrate(usersFor(CALIBRATION_RPS));
      // What was loaded beyond its capacity may have been taken for lost.
      await this.#settle();
      this.#run.throwIfInterrupted();
      const loadRps = Math.max(1, Math.round(capacityRps * loadShareOf(this.#options.topology)));
      const broken = await this.#breakUnderLoad(capacityRps, loadRps);
      return reportOfRun(this.#options, {
        ...broken,
        recorder: this.#recorder,
        selectedFaults: this.#selected().length,
        capacityRps,
        loadRps,
        startedAt,
        assumptions: assumptionsOf(this.#options),
        problems: this.#run.problems,
      });
    } finally {
      watching.abort();
      await this.#cloud?.close();
    }
  }

  async #startCloud(): Promise<void> {
    const { topology, bundles, pace, clock, onProgress } = this.#options;
    this.#run.enter('starting the topology');
    await this.#run.load.prepare();
    const cloudOptions: LocalCloudOptions = {
      topology,
      bundles,
      serviceBehaviour: { payment: NORMAL_PAYMENT, reviews: { latencyMs: 15, jitterMs: 5 } },
      declared: this.#declared,
      pace,
      clock,
      guardian: this.#guardian,
      onEvent: (event) => {
        this.#recorder.mark('event', event.message);
        onProgress({ kind: 'cloud', event });
      },
    };
    const regionDurations = drawRegionDurations(this.#options.seed);
    this.#cloud = isOverRegions(topology)
      ? await createMultiRegionCloud({ ...cloudOptions, regionDurations })
      : await createLocalCloud(cloudOptions);
    this.#run.throwIfInterrupted();
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await awaitWholeTopology(this.#running, this.#options);
    this.#run.throwIfInterrupted();
  }

  async #breakUnderLoad(capacityRps: number, loadRps: number): Promise<BrokenUnderLoad> {
    const { clock } = this.#options;
    this.#run.enter('warm-up');
    const steady = await this.#run.load.startSteady(loadRps, usersFor(loadRps));
    const measuredFromMs = clock.epochNow();
    const results: FaultResult[] = [];
    try {
      for (const fault of this.#selected()) {
        const isServed = await this.#awaitGoodSeconds();
        steady.throwIfFailed();
        // Users who are not served already cannot show what the next fault does to them.
        if (!isServed) break;
        const result = await this.#tryFault(fault, capacityRps, loadRps);
        if (result) results.push(result);
        // What is no longer whole cannot be broken further in a way that proves anything.
        if (this.#run.isGivenUp) break;
      }
    } finally {
      await steady.stop();
    }
    steady.throwIfFailed();
    const record = await this.#readRecord(clock.epochNow());
    return { faults: results, measuredFromMs, audit: this.#run.auditAfterAll(record) };
  }

  /** What was kept until then takes its time: it is waited for until it has been decided about, or never will be. */
  async #readRecord(keptBeforeMs: number): Promise<ServersRecord> {
    const { clock, pace, signal, topology } = this.#options;
    const visibilitySeconds = Math.max(
      0,
      ...nodesOfKind(topology, 'queue').map(({ visibilityTimeoutSeconds }) => visibilityTimeoutSeconds),
    );
    const untilMs =
      clock.epochNow() +
      DELIVERIES_WAITED * pace.scaleMs(visibilitySeconds) +
      KEPT_ORDERS_MACHINE_SECONDS * 1000;
    for (;;) {
      const record = await readSystemOfRecord(this.#running, { clock, keptBeforeMs });
      const open = this.#recorder.ledger.undecided(record).length;
      if (open === 0 || clock.epochNow() >= untilMs || signal.aborted) return record;
      await clock.sleep(1000, signal);
    }
  }

  #selected(): Fault[] {
    const { faults, tier, topology } = this.#options;
    return FAULTS.filter(
      ({ name, appliesTo }) =>
        (faults ? faults.includes(name) : findAcceptance(tier, name)) && (appliesTo?.(topology) ?? true),
    );
  }

  /** Waits for users to be well, so that a fault is never blamed for what came before it. */
  async #awaitGoodSeconds(): Promise<boolean> {
    const fromMs = this.#options.clock.epochNow();
    if (await this.#run.awaitGoodSeconds(fromMs, GOOD_AGAIN_LIMIT_SECONDS)) return true;
    const what = `${String(GOOD_SECONDS_IN_A_ROW)} good seconds in a row`;
    this.#run.problems.push(`after ${this.#run.phase} there were never ${what}`);
    return false;
  }

  #tryFault(fault: Fault, capacityRps: number, loadRps: number): Promise<FaultResult | undefined> {
    return this.#run.tryFault({
      label: fault.variant ? `${fault.name} (${fault.variant})` : fault.name,
      measure: () => this.#injectAndMeasure(fault, capacityRps, loadRps),
      awaitWhole: () => this.#settle(),
    });
  }

  async #injectAndMeasure(fault: Fault, capacityRps: number, loadRps: number): Promise<MeasuredFault> {
    const { clock, pace } = this.#options;
    const cloud = this.#running;
    const failoversBefore = cloud.database.failoverSeconds.length;
    const acceptance = findAcceptance(this.#options.tier, fault.name);
    if (!acceptance) throw new Error(`${this.#options.tier} has no acceptance for ${fault.name}`);
    const paymentBefore = fault.name.startsWith('payment')
      ? await readPaymentCounters(cloud.instances)
      : undefined;
    // Said before it happens: a prediction that knew how long the fault was going to last would be none.
    const predicted = this.#predict(fault, loadRps / capacityRps);
    const askedAtMs = clock.epochNow();
    const injection = await fault.inject({
      cloud,
      pace,
      capacityRps,
      loadRps,
      extraLoad: { start: (rate) => this.#run.load.startExtra(rate, usersFor(rate)) },
    });
    const injectedAtMs = injection.beganAtMs ?? askedAtMs;
    this.#recorder.mark('inject', `${fault.name}: ${injection.target}`);
    const response = this.#respond(injection.response);
    await this.#hold(fault, injectedAtMs);
    const humanActions = await response.over();
    const healedAtMs = clock.epochNow();
    await this.#heal(fault, injection, injectedAtMs);
    await this.#awaitTen(healedAtMs, GOOD_AGAIN_LIMIT_SECONDS);
    await this.#settleAfter(fault, healedAtMs);
    await clock.sleep(TAIL_SECONDS * 1000, this.#options.signal);
    await this.#watchErrors(acceptance, injectedAtMs);
    const payment = paymentBefore
      ? paymentTrafficBetween(paymentBefore, await readPaymentCounters(cloud.instances))
      : undefined;
    const endedAtMs = clock.epochNow() - LATEST_REPORT_MS;
    this.#run.throwIfInterrupted();
    const failedOver = cloud.database.failoverSeconds.slice(failoversBefore).at(-1);
    const { ledger } = this.#recorder;
    const record = await this.#readRecord(endedAtMs);
    this.#run.throwIfInterrupted();
    const result = judgeWindow(
      {
        ...this.#run.recordedAround({ injectedAtMs, healedAtMs, endedAtMs }),
        fault: fault.name,
        target: injection.target,
        samples: this.#recorder.between(injectedAtMs, endedAtMs),
        audit: ledger.audit(record),
        kept: describeKept(ledger.keptBetween(injectedAtMs, endedAtMs), record),
        ...(payment ? { payment } : {}),
        capacityRps,
        humanActions,
        baseSeconds: (id) => this.#baseSeconds(id, failedOver ?? 0),
        paceDivisor: pace.divisor,
        predicted,
      },
      acceptance,
    );
    return { result, afterwards: injection.afterwards };
  }

  /** What a limit stands on top of, as it was in this run and at its pace. */
  #baseSeconds(id: BaseTimeId, failoverSeconds: number): number {
    const { pace, topology } = this.#options;
    const paced = (seconds: number) => pace.scaleMs(seconds) / 1000;
    if (id === 'copy-interval') return paced(copyIntervalSeconds(topology) ?? Number.NaN);
    if (id === declaredSourcesOf(topology).drawFailoverSeconds) return paced(failoverSeconds);
    const declared = declaredTimes.find((time) => time.id === id);
    return declared ? paced(longestSeconds(declared.seconds)) : Number.NaN;
  }

  /** Begins what a person does about a fault, and tells how much of it there was once it is over. */
  #respond(response: Response | undefined): { over(): Promise<number> } {
    if (!response) return { over: () => Promise.resolve(0) };
    const { clock, pace, signal } = this.#options;
    const acting = (async () => {
      await clock.sleep(pace.scaleMs(response.afterSeconds), signal);
      if (signal.aborted) return;
      this.#recorder.mark('event', `a person decides to ${response.what}`);
      await response.act();
    })().catch((error: unknown) => {
      this.#run.problems.push(
        `a person wanted to ${response.what}: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    return { over: () => acting.then(() => 1) };
  }

  /** A share of errors is told over its period, however soon the fault was over. */
  async #watchErrors(acceptance: Acceptance, injectedAtMs: number): Promise<void> {
    if (!watchesErrors(acceptance)) return;
    const { clock, signal } = this.#options;
    const untilMs = injectedAtMs + ERROR_PERIOD_SECONDS * 1000 + LATEST_REPORT_MS;
    await clock.sleep(Math.max(0, untilMs - clock.epochNow()), signal);
  }

  #predict(fault: Fault, utilization: number): string {
    const { hold } = fault;
    const { pace, topology } = this.#options;
    const faultSeconds = hold.kind === 'fixed' ? hold.seconds(pace) : hold.atMostSeconds(pace, topology);
    const seconds = (id: Parameters<typeof declaredTime>[0]) => mean(declaredTime(id).seconds);
    const sources = declaredSourcesOf(topology);
    const losesPrimary = fault.variant === 'database-primary';
    return describePrediction(
      predict(fault.name, losesPrimary, {
        topology,
        mix: mixOf(this.#recorder.between(this.#recorder.startedAtMs, this.#options.clock.epochNow())),
        utilization,
        failoverSeconds: seconds(sources.drawFailoverSeconds),
        standbyLossSeconds: seconds(sources.drawStandbyLossSeconds),
        instanceStartSeconds: seconds(sources.drawInstanceStartSeconds),
        unhealthyDetectionSeconds: seconds(sources.drawUnhealthyDetectionSeconds),
        instanceLossSeconds: seconds(sources.drawInstanceLossSeconds),
        decisionSeconds: decisionSeconds(),
        lastCopySeconds: nodesOfKind(topology, 'database')[0]?.copies?.lastCopySeconds ?? 0,
        albDnsTtlSeconds: seconds(sources.albDnsTtlSeconds),
        paceDivisor: pace.divisor,
        faultSeconds,
        overloadFactor: OVERLOAD_FACTOR,
      }),
    );
  }

  async #hold(fault: Fault, injectedAtMs: number): Promise<void> {
    const { clock, pace, topology, signal } = this.#options;
    if (fault.hold.kind === 'fixed') await clock.sleep(fault.hold.seconds(pace) * 1000, signal);
    else await this.#awaitRecovery(injectedAtMs, fault.hold.atMostSeconds(pace, topology));
    this.#run.throwIfInterrupted();
  }

  /**
   * Waits until a fault is over by itself: its users are well, and orders are stored at once again. Where they are kept
   * meanwhile users are well at once, and what broke is still broken.
   */
  async #awaitRecovery(injectedAtMs: number, atMostSeconds: number): Promise<void> {
    const { clock, signal } = this.#options;
    const untilMs = clock.epochNow() + atMostSeconds * 1000;
    await this.#awaitTen(injectedAtMs, atMostSeconds);
    while (clock.epochNow() < untilMs && !signal.aborted) {
      const toMs = clock.epochNow() - LATEST_REPORT_MS;
      const writes = writesOf(this.#recorder.between(injectedAtMs, toMs));
      if (directSecondsOf(writes, injectedAtMs, toMs) !== null) return;
      await clock.sleep(500, signal);
    }
  }

  /** Waits for ten good seconds in a row since the time, and no longer than the limit. */
  async #awaitTen(fromMs: number, atMostSeconds: number): Promise<void> {
    const { clock, signal } = this.#options;
    const untilMs = clock.epochNow() + atMostSeconds * 1000;
    while (clock.epochNow() < untilMs && !signal.aborted) {
      await clock.sleep(500, signal);
      const seconds = this.#recorder.secondsBetween(fromMs, clock.epochNow() - LATEST_REPORT_MS);
      if (recoverySecondsOf(seconds) !== null) return;
    }
  }

  async #heal(fault: Fault, injection: Injection, injectedAtMs: number): Promise<void> {
    await injection.heal();
    this.#recorder.mark('heal', `${fault.name} ended`);
    await injection.verify?.(this.#run.evidenceSince(injectedAtMs));
  }

  /** A topology that a fault has left in pieces fails the run, and what the fault did is still told. */
  async #settleAfter(fault: Fault, healedAtMs: number): Promise<void> {
    const seconds = this.#recorder.secondsBetween(
      healedAtMs,
      this.#options.clock.epochNow() - LATEST_REPORT_MS,
    );
    if (recoverySecondsOf(seconds) === null) {
      this.#run.giveUp(`after ${fault.name} its users were never served again`);
      return;
    }
    try {
      await this.#settle();
    } catch (error) {
      if (!(error instanceof TopologyNotWholeError)) throw error;
      this.#run.giveUp(`after ${fault.name}: ${error.message}`);
    }
  }
}

/** Runs a game day and leaves nothing behind, however it ends. */
export async function runGameDay(options: GameDayOptions): Promise<GameDayReport> {
  const guardian = createGuardian();
  try {
    return await new GameDay(options, guardian).run();
  } finally {
    await guardian.close();
  }
}
