import { isKnown, kindOf, type Whereabouts } from './attributes.js';
import type { ParameterValue } from './parameters.js';

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

/** A resource as it is declared, before its functions are resolved. */
export interface DeclaredResource {
  Type: string;
  Properties?: Record<string, unknown> | undefined;
  Condition?: string | undefined;
}

/** All that a template's functions can refer to. */
export interface Scope {
  resources: Readonly<Record<string, DeclaredResource>>;
  conditions: Readonly<Record<string, unknown>>;
  parameters: Readonly<Record<string, ParameterValue>>;
  /** `AWS::Region` and the like. */
  pseudo: Readonly<Record<string, string>>;
  where: Whereabouts;
}

const NO_VALUE = Symbol('AWS::NoValue');
type Resolved = Value | typeof NO_VALUE;

/** Resolves the functions of one resource, output or condition, and notes the resources it refers to. */
export class Resolver {
  readonly uses = new Set<string>();
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** @throws Error that names the place of a function or reference that cannot be resolved */
  value(node: unknown, place: string): Value {
    const value = this.#resolve(node, place);
    if (value === NO_VALUE) throw new Error(`${place}: AWS::NoValue is not a value here`);
    return value;
  }

  condition(name: string, place: string): boolean {
    const { conditions } = this.#scope;
    if (!Object.hasOwn(conditions, name)) throw new Error(`${place}: no condition ${name}`);
    return this.#holds(conditions[name], `Conditions.${name}`);
  }

  /** What `Ref` and `Fn::GetAtt Arn` give for a resource, where its type is known here. */
  identity(id: string): { ref?: string; arn?: string } {
    const { resources, where } = this.#scope;
    if (!isKnown(resources[id]?.Type ?? '')) return {};
    const { kind, physical } = this.#resource(id, `Resources.${id}`);
    const arn = kind.attributes.Arn?.(physical, where);
    return { ref: kind.ref(physical, where), ...(arn !== undefined && { arn }) };
  }

  #resolve(node: unknown, place: string): Resolved {
    if (Array.isArray(node)) {
      return node
        .map((item, at) => this.#resolve(item, `${place}.${at}`))
        .filter((item) => item !== NO_VALUE);
    }
    if (typeof node === 'object' && node !== null) return this.#map(node, place);
    if (typeof node === 'string' || typeof node === 'number' || typeof node === 'boolean') return node;
    throw new Error(`${place}: ${node === null ? 'empty' : typeof node} is no value`);
  }

  #map(node: object, place: string): Resolved {
    const entries = Object.entries(node);
    const [name, argument] = entries[0] ?? [];
    if (name === 'Ref' || name?.startsWith('Fn::')) {
      if (entries.length > 1) throw new Error(`${place}: ${name} stands beside other keys`);
      return this.#call(name, argument, place);
    }
    const resolved: Record<string, Value> = {};
    for (const [key, item] of entries) {
      const value = this.#resolve(item, `${place}.${key}`);
      if (value !== NO_VALUE) resolved[key] = value;
    }
    return resolved;
  }

  #call(name: string, argument: unknown, place: string): Resolved {
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument), place);
      case 'Fn::GetAtt': {
        const [id = '', attribute = ''] = items(argument, 2, place);
        return this.#attribute(String(id), String(attribute), place);
      }
      case 'Fn::Sub':
        return this.#sub(argument, place);
      case 'Fn::Join': {
        const [separator, list] = items(argument, 2, place);
        const parts = this.value(list, place);
        if (!Array.isArray(parts)) throw new Error(`${place}: Fn::Join joins a list`);
        return parts.map((part) => text(part, place)).join(String(separator));
      }
      case 'Fn::If': {
        const [condition, then, otherwise] = items(argument, 3, place);
        return this.#resolve(this.condition(String(condition), place) ? then : otherwise, place);
      }
      default:
        throw new Error(`${place}: ${name} is not known here`);
    }
  }

  #ref(name: string, place: string): Resolved {
    const { parameters, pseudo } = this.#scope;
    if (name === 'AWS::NoValue') return NO_VALUE;
    const value = Object.hasOwn(parameters, name) ? parameters[name] : pseudo[name];
    if (value !== undefined) return value;
    const { kind, physical } = this.#resource(name, place);
    return kind.ref(physical, this.#scope.where);
  }

  #attribute(id: string, attribute: string, place: string): string {
    const { kind, physical } = this.#resource(id, place);
    const answer = kind.attributes[attribute];
    if (!answer) throw new Error(`${place}: ${id} has no attribute ${attribute} that is known here`);
    return answer(physical, this.#scope.where);
  }

  /** A resource and its physical name: the one it is given, or one of the stack's making. */
  #resource(id: string, place: string) {
    const { resources, pseudo } = this.#scope;
    const resource = Object.hasOwn(resources, id) ? resources[id] : undefined;
    if (!resource) throw new Error(`${place}: nothing is called ${id}`);
    if (resource.Condition && !this.condition(resource.Condition, place)) {
      throw new Error(`${place}: ${id} is not made, its condition ${resource.Condition} does not hold`);
    }
    this.uses.add(id);
    const kind = kindOf(resource.Type);
    const given = resource.Properties?.[kind.name];
    // What the name is made of is no reference of the one who uses it.
    const named = new Resolver(this.#scope);
    const physical =
      given === undefined
        ? `${pseudo['AWS::StackName']}-${id}`
        : text(named.value(given, `Resources.${id}.Properties.${kind.name}`), place);
    return { kind, physical };
  }

  #sub(argument: unknown, place: string): string {
    const [template, given] = Array.isArray(argument) ? items(argument, 2, place) : [argument, {}];
    const own = Object.entries(given as object);
    const values = new Map(own.map(([name, node]) => [name, this.value(node, `${place}.${name}`)]));
    return String(template).replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      const dot = name.indexOf('.');
      const value =
        values.get(name) ??
        (dot < 0 ? this.#ref(name, place) : this.#attribute(name.slice(0, dot), name.slice(dot + 1), place));
      return text(value, place);
    });
  }

  #holds(node: unknown, place: string): boolean {
    const [[name = '', argument] = []] = Object.entries(node ?? {});
    const each = (list: unknown) =>
      (Array.isArray(list) ? list : []).map((item, at) => this.#holds(item, `${place}.${at}`));
    switch (name) {
      case 'Condition':
        return this.condition(String(argument), place);
      case 'Fn::Equals': {
        const [left, right] = items(argument, 2, place).map((item) => text(this.value(item, place), place));
        return left === right;
      }
      case 'Fn::Not':
        return !this.#holds(items(argument, 1, place)[0], place);
      case 'Fn::And':
        return each(argument).every(Boolean);
      case 'Fn::Or':
        return each(argument).some(Boolean);
      default:
        throw new Error(`${place}: ${name || 'nothing'} is no condition that is known here`);
    }
  }
}

function items(argument: unknown, count: number, place: string): unknown[] {
  if (Array.isArray(argument) && argument.length === count) return argument;
  throw new Error(`${place}: expected a list of ${count}`);
}

function text(value: Resolved, place: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new Error(`${place}: expected a text`);
}
