import type * as z from 'zod';

export type Schema = z.core.JSONSchema.JSONSchema;

/** One field of a message or a setting, for a row of a table. */
export interface Field {
  /** With those that it is in: `plan.price.amount`. */
  path: string;
  kind: string;
  isRequired: boolean;
  usual: unknown;
  description: string;
}

/** The fields of a schema and of what is in it, but not of what is in `whole` ones. */
export function fieldsOf(schema: Schema, whole: readonly string[] = [], prefix = ''): Field[] {
  return Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(
    ([name, field]) => {
      const path = `${prefix}${name}`;
      if (field.properties && !whole.includes(path)) return fieldsOf(field, whole, `${path}.`);
      return {
        path,
        kind: kindOf(field),
        isRequired: schema.required?.includes(name) === true,
        usual: field.default,
        description: field.description ?? '',
      };
    },
  );
}

function kindOf({ type, enum: values, format, items }: Schema): string {
  if (values) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (type === 'array') return `list of ${kindOf(items as Schema)}`;
  return format === 'date-time' ? 'instant' : (format ?? String(type));
}
