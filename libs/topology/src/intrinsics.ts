/**
 * Renders CloudFormation's intrinsic functions, as far as the template itself decides them. What it does not
 * decide (an address that AWS will assign, a parameter without default) stays as text, `${LogicalId.Attr}`, so
 * that a reader can still tell what it points at.
 *
 * It is not a CloudFormation engine: it checks nothing, and `Fn::Base64` renders to the plain text inside,
 * because a reader wants to read what an instance will run.
 */
import { asList, asObject, asText, isObject, own } from './json.ts';
import type { NoteSink } from './settings.ts';
import { isUnresolved, reference, referencesIn } from './references.ts';

/** Deeper than any template that people or CDK write; what lies below is dropped with a note. */
const MAX_DEPTH = 200;

/** How many zones `Fn::GetAZs` is taken to return: more than any region has, so that an index always finds one. */
const ZONE_COUNT = 8;

const NO_VALUE = Symbol('AWS::NoValue');

export interface RenderOptions {
  readonly template: unknown;
  readonly stackName: string;
  /** Absent when the template can be deployed to any region. */
  readonly regionId?: string;
  /** Values for the template's parameters, over their defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Put before every logical id, so that two stacks of one assembly can be read together. */
  readonly idPrefix?: string;
  /** What another stack exports under a name; `undefined` when none does. */
  readonly importValue?: (exportName: string) => unknown;
  /** Put before zones that are known by letter, so that zones of several regions can be told apart. */
  readonly zonePrefix?: string;
  /** Told, as the end of a sentence, what could not be rendered as CloudFormation would. */
  readonly note?: NoteSink;
}

export interface Renderer {
  /** The value without intrinsic functions; `undefined` where it was `AWS::NoValue`. */
  readonly render: (value: unknown) => unknown;
  /** `undefined` when the template alone does not decide it. */
  readonly condition: (name: string) => boolean | undefined;
}

type Evaluate = (value: unknown, depth: number) => unknown;
type IntrinsicFunction = (argument: unknown, evaluate: Evaluate, depth: number) => unknown;

const scalarText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === undefined || value === null || value === NO_VALUE ? '' : JSON.stringify(value);
};

/** Zone ids by letter: only AWS knows which physical zones an account's `Fn::GetAZs` names. */
export const agnosticZones: readonly string[] = Array.from(
  { length: ZONE_COUNT },
  (_, index) => `zone-${String.fromCharCode('a'.charCodeAt(0) + index)}`,
);

/** Whether these are all zones of a region, as `Fn::GetAZs` as a whole names them. */
export const areEveryZone = (zones: readonly string[]): boolean =>
  zones.length === ZONE_COUNT && zones.every((zone, index) => zone.endsWith(agnosticZones[index] ?? zone));

function join(argument: unknown, evaluate: Evaluate, depth: number): unknown {
  const [separator, list] = asList(argument);
  const parts = evaluate(list, depth);
  if (!Array.isArray(parts)) return scalarText(parts);
  return parts.map(scalarText).join(scalarText(evaluate(separator, depth)));
}

function select(argument: unknown, evaluate: Evaluate, depth: number): unknown {
  const [position, list] = asList(argument);
  const index = Number(scalarText(evaluate(position, depth)));
  const items = evaluate(list, depth);
  if (Array.isArray(items)) return items[index];
  const [first] = referencesIn(scalarText(items));
  return first === undefined ? undefined : reference(`${first}[${String(index)}]`);
}

function split(argument: unknown, evaluate: Evaluate, depth: number): unknown {
  const [separator, text] = asList(argument);
  const whole = scalarText(evaluate(text, depth));
  const by = scalarText(evaluate(separator, depth));
  // A reference may come to hold the separator once it is known, so its text cannot be cut here.
  return isUnresolved(whole) || by === '' ? whole : whole.split(by);
}

const simpleFunctions: Readonly<Record<string, IntrinsicFunction>> = {
  'Fn::Join': join,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::Base64': (argument, evaluate, depth) => evaluate(argument, depth),
  'Fn::Length': (argument, evaluate, depth) => asList(evaluate(argument, depth)).length,
  'Fn::ToJsonString': (argument, evaluate, depth) => JSON.stringify(evaluate(argument, depth)) ?? '',
};

/** The name and argument of an intrinsic function, or `undefined` for a plain object. */
function intrinsicOf(value: Readonly<Record<string, unknown>>): [string, unknown] | undefined {
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length !== 1 || first === undefined) return undefined;
  return first[0] === 'Ref' || first[0].startsWith('Fn::') ? first : undefined;
}

/** Resolves names: pseudo parameters, parameters and resources. */
function createNames(options: RenderOptions): (name: string) => unknown {
  const parameters = asObject(own(options.template, 'Parameters'));
  const prefix = options.idPrefix ?? '';
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::NoValue': NO_VALUE,
    'AWS::StackName': options.stackName,
    'AWS::Region': options.regionId ?? reference('AWS::Region'),
  };
  return (name) => {
    if (Object.hasOwn(pseudo, name)) return pseudo[name];
    if (name.startsWith('AWS::')) return reference(name);
    if (!Object.hasOwn(parameters, name)) return reference(prefix + name);
    const type = asText(own(parameters[name], 'Type')) ?? 'String';
    // The default of an SSM parameter is the name of a value, not the value.
    const fallback = type.startsWith('AWS::SSM::') ? undefined : own(parameters[name], 'Default');
    const value = own(options.parameters, name) ?? fallback;
    if (value === undefined) return reference(prefix + name);
    const isList = type === 'CommaDelimitedList' || type.startsWith('List<');
    return isList
      ? scalarText(value)
          .split(',')
          .map((item) => item.trim())
      : value;
  };
}

function attributeName(argument: unknown, evaluate: Evaluate, depth: number): string {
  if (!Array.isArray(argument)) return scalarText(argument);
  const [id, attribute] = argument as readonly unknown[];
  return `${scalarText(id)}.${scalarText(evaluate(attribute, depth))}`;
}

/** The name under which a stack's output is known to `importValue`. */
export const stackOutput = (stackName: string, output: string): string => `${stackName}:Outputs:${output}`;

/** What CDK's reader of another region's exports is asked for: `<logical id>./cdk/exports/<stack>/<name>`. */
const crossRegionExportIn = (attribute: string): string | undefined =>
  /\.(\/cdk\/exports\/.+)$/.exec(attribute)?.[1];

function substitute(
  argument: unknown,
  evaluate: Evaluate,
  depth: number,
  resolve: (name: string) => unknown,
): string {
  const [text, variables] = Array.isArray(argument) ? (argument as readonly unknown[]) : [argument];
  return scalarText(text).replace(/\$\{([^{}]*)\}/g, (_whole, inner: string) => {
    const name = inner.trim();
    if (name.startsWith('!')) return reference(name.slice(1));
    const local = own(variables, name);
    return scalarText(local === undefined ? resolve(name) : evaluate(local, depth));
  });
}

type Condition = boolean | undefined;

function createConditions(options: RenderOptions, evaluate: Evaluate): Renderer['condition'] {
  const definitions = asObject(own(options.template, 'Conditions'));
  // Each condition is decided once: one that names another twice, which names a third twice and so on would
  // otherwise double the work at every step. A circle ends undecided, at the greatest depth.
  const decided = new Map<string, Condition>();
  const decide = (value: unknown, depth: number): Condition => {
    if (depth > MAX_DEPTH || !isObject(value)) return undefined;
    const [entry] = Object.entries(value);
    if (entry === undefined) return undefined;
    const [name, argument] = entry;
    const parts = (): Condition[] => asList(argument).map((part) => decide(part, depth + 1));
    if (name === 'Condition') return named(scalarText(argument), depth + 1);
    if (name === 'Fn::Not') return negate(parts()[0]);
    if (name === 'Fn::And') return conjunction(parts());
    if (name === 'Fn::Or') return negate(conjunction(parts().map(negate)));
    if (name !== 'Fn::Equals') return undefined;
    const [left, right] = asList(argument).map((side) => scalarText(evaluate(side, depth + 1)));
    if (left === undefined || right === undefined) return undefined;
    return isUnresolved(left) || isUnresolved(right) ? undefined : left === right;
  };
  const named = (name: string, depth: number): Condition => {
    if (decided.has(name) || !Object.hasOwn(definitions, name)) return decided.get(name);
    const result = decide(definitions[name], depth);
    decided.set(name, result);
    return result;
  };
  return (name) => named(name, 0);
}

const negate = (value: Condition): Condition => (value === undefined ? undefined : !value);

function conjunction(values: readonly Condition[]): Condition {
  if (values.includes(false)) return false;
  return values.includes(undefined) ? undefined : true;
}

function findInMap(argument: unknown, evaluate: Evaluate, depth: number, mappings: unknown): unknown {
  const [map, first, second, options] = asList(argument);
  const keys = [map, first, second].map((key) => scalarText(evaluate(key, depth)));
  const found = keys.reduce(own, mappings);
  if (found !== undefined) return found;
  const fallback = own(options, 'DefaultValue');
  return fallback === undefined ? reference(`FindInMap.${keys.join('.')}`) : evaluate(fallback, depth);
}

/** The functions that need to know the template. */
function createTemplateFunctions(
  options: RenderOptions,
  names: (name: string) => unknown,
  condition: Renderer['condition'],
): Readonly<Record<string, IntrinsicFunction>> {
  const prefix = options.idPrefix ?? '';
  const note = options.note ?? (() => undefined);
  const resolve = (name: string): unknown => (name.includes('.') ? reference(prefix + name) : names(name));

  return {
    Ref: (argument) => names(scalarText(argument)),
    'Fn::GetAZs': () => agnosticZones.map((zone) => (options.zonePrefix ?? '') + zone),
    'Fn::GetAtt': (argument, inner, depth) => {
      const name = attributeName(argument, inner, depth);
      const exported = crossRegionExportIn(name);
      return (
        (exported === undefined ? undefined : options.importValue?.(exported)) ?? reference(prefix + name)
      );
    },
    'Fn::Sub': (argument, inner, depth) => substitute(argument, inner, depth, resolve),
    'Fn::FindInMap': (argument, inner, depth) =>
      findInMap(argument, inner, depth, own(options.template, 'Mappings')),
    'Fn::ImportValue': (argument, inner, depth) => {
      const name = scalarText(inner(argument, depth));
      return options.importValue?.(name) ?? reference(`ImportValue.${name}`);
    },
    'Fn::GetStackOutput': (argument, inner, depth) => {
      const [stack, output] = ['StackName', 'OutputName'].map((key) =>
        scalarText(inner(own(argument, key), depth)),
      );
      const name = stackOutput(stack ?? '', output ?? '');
      return options.importValue?.(name) ?? reference(`GetStackOutput.${name}`);
    },
    // A condition that the template does not decide takes the second branch: CDK and people alike put the
    // special case first.
    'Fn::If': (argument, inner, depth) => {
      const [conditionName, whenTrue, whenFalse] = asList(argument);
      const name = scalarText(conditionName);
      const isTrue = condition(name);
      if (isTrue === undefined)
        note(`depends on the condition ${name}, which the template does not decide; read as false`);
      return inner(isTrue === true ? whenTrue : whenFalse, depth);
    },
  };
}

/** Makes a renderer for one template. Rendering never throws, whatever the template holds. */
export function createRenderer(options: RenderOptions): Renderer {
  const note = options.note ?? (() => undefined);
  const condition: Renderer['condition'] = (name) => decide(name);
  const functions: Readonly<Record<string, IntrinsicFunction>> = {
    ...simpleFunctions,
    ...createTemplateFunctions(options, createNames(options), condition),
  };

  const evaluate: Evaluate = (value, depth) => {
    if (depth > MAX_DEPTH) {
      note(`is nested more than ${String(MAX_DEPTH)} levels deep; what lies below was left out`);
      return NO_VALUE;
    }
    if (Array.isArray(value)) {
      return value.map((item: unknown) => evaluate(item, depth + 1)).filter((item) => item !== NO_VALUE);
    }
    if (!isObject(value)) return value;
    const intrinsic = intrinsicOf(value);
    if (intrinsic === undefined) return renderObject(value, depth);
    const [name, argument] = intrinsic;
    const run = functions[name];
    return run === undefined ? reference(name) : run(argument, evaluate, depth + 1);
  };
  const renderObject = (value: Readonly<Record<string, unknown>>, depth: number): unknown =>
    Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, evaluate(item, depth + 1)] as const)
        .filter(([, item]) => item !== NO_VALUE),
    );
  const decide = createConditions(options, evaluate);

  return {
    condition,
    render: (value) => {
      const rendered = evaluate(value, 0);
      return rendered === NO_VALUE ? undefined : rendered;
    },
  };
}
