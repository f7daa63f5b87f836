import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Whereabouts } from './template/attributes.js';
import { Resolver, type Scope, type Value } from './template/intrinsics.js';
import { ParameterDeclaration, type ParameterValue, parameterValues } from './template/parameters.js';
import { type Shapes, shaped } from './template/shapes.js';
import { parseTemplate } from './template/yaml.js';

const Declarations = z.record(z.string(), z.unknown());
const Names = z.union([z.string().transform((name) => [name]), z.array(z.string())]);

/** A template as it is written, with every function in its long form. */
export const Template = z.strictObject({
  AWSTemplateFormatVersion: z.literal('2010-09-09'),
  Description: z.string(),
  Metadata: Declarations.optional(),
  Parameters: z.record(z.string(), ParameterDeclaration).default({}),
  Conditions: Declarations.default({}),
  Resources: z.record(
    z.string(),
    z.strictObject({
      Type: z.string(),
      Properties: Declarations.default({}),
      Condition: z.string().optional(),
      DependsOn: Names.default([]),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
    }),
  ),
  Outputs: z
    .record(
      z.string(),
      z.strictObject({ Description: z.string(), Value: z.unknown(), Condition: z.string().optional() }),
    )
    .default({}),
});
export type Template = z.infer<typeof Template>;

export interface Deployment {
  /** Those that are left out have their defaults. */
  parameters: Readonly<Record<string, ParameterValue>>;
  /** Twelve digits. */
  accountId: string;
  region: string;
  stackName?: string;
}

export interface Resource {
  Type: string;
  Properties: Record<string, Value>;
  /** What `Ref` gives: a name, for a queue its URL. Only of the types that something refers to. */
  ref?: string;
  arn?: string;
  /** Logical ids of the resources that are made before this one. */
  dependsOn: string[];
  DeletionPolicy?: string | undefined;
  UpdateReplacePolicy?: string | undefined;
}

export interface ResolvedTemplate {
  /** By logical id; without those whose condition does not hold. */
  resources: Record<string, Resource>;
  outputs: Record<string, Value>;
  parameters: Record<string, ParameterValue>;
  where: Whereabouts;
}

/** @throws Error for a file that is not a CloudFormation template in YAML */
export function readTemplate(path: string | URL): Template {
  return Template.parse(parseTemplate(readFileSync(path, 'utf8'), String(path)));
}

/**
 * What CloudFormation would make of a template: every function, condition and parameter replaced by its value, in
 * the partition `aws`. A resource without a name of its own gets one of stack name and logical id.
 * @throws Error that names the place of an unknown function, reference, type or property, and for resources that wait
 *   for each other
 */
export function resolveTemplate(template: Template, deployment: Deployment): ResolvedTemplate {
  const { accountId, region, stackName = 'movie-etl' } = deployment;
  const where: Whereabouts = { accountId, region, partition: 'aws', urlSuffix: 'amazonaws.com' };
  const scope: Scope = {
    resources: template.Resources,
    conditions: template.Conditions,
    parameters: parameterValues(template.Parameters, deployment.parameters),
    pseudo: {
      'AWS::AccountId': accountId,
      'AWS::Region': region,
      'AWS::Partition': where.partition,
      'AWS::URLSuffix': where.urlSuffix,
      'AWS::StackName': stackName,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/00000000-0000-4000-8000-000000000000`,
    },
    where,
  };
  const resources = resolveResources(template, scope);
  refuseCircles(resources);
  for (const [id, { Type, Properties }] of Object.entries(resources)) {
    shaped(id, Type as keyof Shapes, Properties);
  }
  return { resources, outputs: resolveOutputs(template, scope), parameters: scope.parameters, where };
}

export interface ResourceOf<Type extends keyof Shapes> {
  /** The logical id. */
  id: string;
  ref: string | undefined;
  arn: string | undefined;
  properties: z.infer<Shapes[Type]>;
}

/** The resources of one type with their properties, checked and typed, in the order of the template. */
export function resourcesOf<Type extends keyof Shapes>(
  { resources }: ResolvedTemplate,
  type: Type,
): ResourceOf<Type>[] {
  return Object.entries(resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties, ref, arn }]) => ({ id, ref, arn, properties: shaped(id, type, Properties) }));
}

function resolveResources(template: Template, scope: Scope): Record<string, Resource> {
  const resources: Record<string, Resource> = {};
  for (const [id, declared] of Object.entries(template.Resources)) {
    const resolver = new Resolver(scope);
    const place = `Resources.${id}`;
    if (declared.Condition && !resolver.condition(declared.Condition, place)) continue;
    for (const name of declared.DependsOn) {
      if (!Object.hasOwn(template.Resources, name))
        throw new Error(`${place}.DependsOn: nothing is called ${name}`);
    }
    const Properties = resolver.value(declared.Properties, `${place}.Properties`) as Record<string, Value>;
    const { Type, DependsOn, DeletionPolicy, UpdateReplacePolicy } = declared;
    const dependsOn = [...new Set([...DependsOn, ...resolver.uses])];
    resources[id] = {
      Type,
      Properties,
      ...new Resolver(scope).identity(id),
      dependsOn,
      DeletionPolicy,
      UpdateReplacePolicy,
    };
  }
  return resources;
}

function resolveOutputs(template: Template, scope: Scope): Record<string, Value> {
  const resolver = new Resolver(scope);
  return Object.fromEntries(
    Object.entries(template.Outputs)
      .filter(([id, { Condition }]) => !Condition || resolver.condition(Condition, `Outputs.${id}`))
      .map(([id, { Value }]) => [id, resolver.value(Value, `Outputs.${id}.Value`)]),
  );
}

function refuseCircles(resources: Readonly<Record<string, Resource>>): void {
  const settled = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id)) throw new Error(`circular dependency: ${[...path, id].join(' -> ')}`);
    if (settled.has(id)) return;
    for (const next of resources[id]?.dependsOn ?? []) visit(next, [...path, id]);
    settled.add(id);
  };
  for (const id of Object.keys(resources)) visit(id, []);
}
