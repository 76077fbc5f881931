import type { Enum, Method, Namespace, ReflectionObject, Root, Service, Type } from 'protobufjs';

export type { Root };

/** Only a worker ever asks for an eagerly dispatched task; protobuf skips fields that it does not know. */
const NEVER = ['temporal.api.workflowservice.v1.PollWorkflowTaskQueueResponse'];
/** Options that change how a field is read or written; the others are annotations for Java, Go and HTTP. */
const WIRE_OPTION = /^(packed|proto3_optional|default|edition|features)/;

interface Json {
  options?: Record<string, unknown>;
  fields?: Record<string, Json>;
  methods?: Record<string, Json>;
  nested?: Record<string, Json>;
  [key: string]: unknown;
}

/**
 * What of a protocol is needed to call `rpcs` and to use the types of `names`, as JSON for `Root.addJSON`. Throws when an
 * RPC does not exist, or when a field would resolve to another type than in the whole protocol.
 */
export function prune(root: Root, rpcs: readonly string[], names: readonly string[]): Json {
  root.resolveAll();
  const never = new Set<ReflectionObject>(NEVER.map((name) => root.lookupType(name)));
  const kept = reachable(root, rpcs, names, never);
  const json = cut(structuredClone(root.toJSON()) as Json, root, rpcs, kept, never);
  verify(root, json, kept, never);
  return json;
}

function reachable(
  root: Root,
  rpcs: readonly string[],
  names: readonly string[],
  never: ReadonlySet<ReflectionObject>,
): Set<ReflectionObject> {
  const kept = new Set<ReflectionObject>();
  const keep = (object: ReflectionObject | null): void => {
    if (!object || kept.has(object) || never.has(object)) return;
    kept.add(object);
    if (isType(object.parent)) keep(object.parent);
    if (isType(object)) object.fieldsArray.forEach(({ resolvedType }) => keep(resolvedType));
    if (isService(object)) {
      for (const method of object.methodsArray.filter(({ name }) => rpcs.includes(name))) {
        const { resolvedRequestType, resolvedResponseType } = method.resolve() as Method;
        keep(resolvedRequestType);
        keep(resolvedResponseType);
      }
    }
  };
  for (const name of names) keep(named(root, name));
  const offered = [...kept].filter(isService).flatMap(({ methodsArray }) => methodsArray);
  const missing = rpcs.filter((rpc) => !offered.some(({ name }) => name === rpc));
  if (missing.length > 0) throw new Error(`the protocol has no RPC ${missing.join(', ')}`);
  return kept;
}

/** The innermost type, service or enumeration on the way to `name`, which may end in a value or a method. */
function named(root: Root, name: string): ReflectionObject | null {
  let at: ReflectionObject = root;
  for (const part of name.split('.')) {
    const next: ReflectionObject | null = isNamespace(at) ? at.get(part) : null;
    if (!isNamespace(next) && !isEnum(next)) break;
    at = next;
  }
  return isType(at) || isService(at) || isEnum(at) ? at : null;
}

function cut(
  json: Json,
  object: ReflectionObject,
  rpcs: readonly string[],
  kept: ReadonlySet<ReflectionObject>,
  never: ReadonlySet<ReflectionObject>,
): Json {
  tidy(json);
  for (const [name, field] of Object.entries(json.fields ?? {})) {
    const { resolvedType } = (object as Type).fields[name]!;
    if (resolvedType && never.has(resolvedType)) delete json.fields![name];
    else tidy(field);
  }
  for (const [name, method] of Object.entries(json.methods ?? {})) {
    if (rpcs.includes(name)) tidy(method);
    else delete json.methods![name];
  }
  for (const [name, nested] of Object.entries(json.nested ?? {})) {
    const child = (object as Namespace).get(name)!;
    const isFolder = isNamespace(child) && !isType(child) && !isService(child);
    if (isFolder || kept.has(child)) cut(nested, child, rpcs, kept, never);
    if (isFolder ? nested.nested === undefined : !kept.has(child)) delete json.nested![name];
  }
  if (Object.keys(json.nested ?? {}).length === 0) delete json.nested;
  return json;
}

function tidy(json: Json): void {
  for (const key of Object.keys(json.options ?? {})) {
    if (!WIRE_OPTION.test(key)) delete json.options![key];
  }
  if (Object.keys(json.options ?? {}).length === 0) delete json.options;
  for (const key of ['comment', 'reserved', 'parsedOptions']) delete json[key];
}

function verify(
  root: Root,
  json: Json,
  kept: ReadonlySet<ReflectionObject>,
  never: ReadonlySet<ReflectionObject>,
): void {
  const pruned = (root.constructor as typeof Root).fromJSON(json).resolveAll() as Root;
  for (const type of [...kept].filter(isType)) {
    for (const field of type.fieldsArray) {
      const { resolvedType: before, name } = field.resolve();
      if (!before || never.has(before)) continue;
      const after = pruned.lookupType(type.fullName).fields[name]?.resolvedType;
      if (after?.fullName !== before.fullName) {
        throw new Error(`${field.fullName} resolves to another type once pruned`);
      }
    }
  }
}

// By shape and not by class: the client may bring a protobufjs of its own.
const isNamespace = (object: ReflectionObject | null): object is Namespace =>
  object !== null && 'nestedArray' in object;
const isType = (object: ReflectionObject | null): object is Type =>
  isNamespace(object) && 'fieldsArray' in object;
const isService = (object: ReflectionObject | null): object is Service =>
  isNamespace(object) && 'methodsArray' in object;
const isEnum = (object: ReflectionObject | null): object is Enum =>
  object !== null && 'values' in object && 'valuesById' in object;
