import { z } from 'zod';

const Scalar = z.union([z.string(), z.number()]);

/** What a template declares of a parameter. */
export const ParameterDeclaration = z.strictObject({
  Type: z.enum(['String', 'Number']),
  Description: z.string(),
  Default: Scalar.optional(),
  AllowedValues: z.array(Scalar).optional(),
  AllowedPattern: z.string().optional(),
  MinLength: z.number().optional(),
  MaxLength: z.number().optional(),
  MinValue: z.number().optional(),
  MaxValue: z.number().optional(),
  ConstraintDescription: z.string().optional(),
  NoEcho: z.boolean().optional(),
});
export type ParameterDeclaration = z.infer<typeof ParameterDeclaration>;

export type ParameterValue = string | number;

/**
 * The value of each parameter: as given, or its default. Numbers come as numbers.
 * @throws Error for one that is unknown, missing, or against its declaration
 */
export function parameterValues(
  declared: Readonly<Record<string, ParameterDeclaration>>,
  given: Readonly<Record<string, ParameterValue>>,
): Record<string, ParameterValue> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(declared, name)) throw new Error(`the template has no parameter ${name}`);
  }
  return Object.fromEntries(
    Object.entries(declared).map(([name, declaration]) => {
      const value = given[name] ?? declaration.Default;
      if (value === undefined) throw new Error(`parameter ${name} has no default and was not given`);
      const fault = faultOf(declaration, value);
      if (fault) throw new Error(`parameter ${name}: ${JSON.stringify(value)} ${fault}`);
      return [name, declaration.Type === 'Number' ? Number(value) : String(value)];
    }),
  );
}

function faultOf(declaration: ParameterDeclaration, value: ParameterValue): string | undefined {
  const { AllowedValues, AllowedPattern, MinLength = 0, MaxLength = Number.POSITIVE_INFINITY } = declaration;
  const text = String(value);
  if (AllowedValues && !AllowedValues.map(String).includes(text)) return `is not one of ${AllowedValues}`;
  if (AllowedPattern && !new RegExp(`^(?:${AllowedPattern})$`).test(text))
    return `does not match ${AllowedPattern}`;
  if (declaration.Type === 'String') {
    return text.length < MinLength || text.length > MaxLength ? 'is too short or too long' : undefined;
  }
  const { MinValue = Number.NEGATIVE_INFINITY, MaxValue = Number.POSITIVE_INFINITY } = declaration;
  if (text.trim() === '' || !Number.isFinite(Number(text))) return 'is not a number';
  return Number(text) < MinValue || Number(text) > MaxValue ? 'is too small or too large' : undefined;
}
