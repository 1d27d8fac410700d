import { parseDuration } from './durations.js';
import { RegistryError } from './errors.js';

/** Typed access to the fields of one JSON object, whatever the spelling of its keys. */
export interface Fields {
  text(name: string): string;
  integer(name: string): number;
  flag(name: string): boolean;
  /** Milliseconds; undefined when absent, empty or zero. */
  duration(name: string): number | undefined;
  texts(name: string): readonly string[];
  textMap(name: string): Readonly<Record<string, string>>;
  /** A map of objects or lists whose own keys are the caller's and stay as they are. */
  entries(name: string): readonly (readonly [string, unknown])[];
  nested(name: string): Fields | undefined;
  nestedList(name: string): readonly Fields[];
}

/** `DeregisterCriticalServiceAfter`, `deregister_critical_service_after` and any other case are one key. */
export function foldKey(key: string): string {
  return key.replaceAll('_', '').toLowerCase();
}

/**
 * Opens a decoded JSON value as an object of fields.
 * @throws RegistryError `invalid` when it isn't an object, and from each accessor when a field has another type
 */
export function readFields(value: unknown): Fields {
  if (!isObject(value)) throw decodeFailed('expected a JSON object');
  const fields = new Map(Object.entries(value).map(([key, field]) => [foldKey(key), field] as const));
  const read = <T>(name: string, guard: (field: unknown) => field is T, absent: T): T => {
    const field = fields.get(foldKey(name));
    if (field === undefined || field === null) return absent;
    if (!guard(field)) throw decodeFailed(`field ${name} has an unexpected type`);
    return field;
  };
  const entries = (name: string) => Object.entries(read(name, isObject, {}));
  return {
    text: (name) => read(name, isText, ''),
    integer: (name) => read(name, isInteger, 0),
    flag: (name) => read(name, isFlag, false),
    duration: (name) => readDuration(name, fields.get(foldKey(name))),
    texts: (name) => read(name, isTexts, []),
    textMap: (name) => {
      const pairs = entries(name);
      return Object.fromEntries(pairs.map(([key, field]) => [key, asText(name, field)]));
    },
    entries,
    nested: (name) => {
      const field = read(name, isObject, undefined);
      return field === undefined ? undefined : readFields(field);
    },
    nestedList: (name) => read(name, Array.isArray, []).map(readFields),
  };
}

export function decodeFailed(why: string): RegistryError {
  return new RegistryError('invalid', `Request decode failed: ${why}`);
}

function readDuration(name: string, field: unknown): number | undefined {
  if (field === undefined || field === null || field === '') return undefined;
  const ms = parseDuration(field);
  if (ms === undefined || ms < 0) throw decodeFailed(`field ${name} is not a duration`);
  return ms === 0 ? undefined : ms;
}

function asText(name: string, field: unknown): string {
  if (typeof field !== 'string') throw decodeFailed(`field ${name} must map text to text`);
  return field;
}

function isObject(field: unknown): field is Record<string, unknown> {
  return typeof field === 'object' && field !== null && !Array.isArray(field);
}

const isText = (field: unknown): field is string => typeof field === 'string';
const isInteger = (field: unknown): field is number => Number.isSafeInteger(field);
const isFlag = (field: unknown): field is boolean => typeof field === 'boolean';
const isTexts = (field: unknown): field is string[] => Array.isArray(field) && field.every(isText);
