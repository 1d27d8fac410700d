import { attributesOf, type MethodDefinition, type ServiceDefinition } from './definition.js';

/** A method's labels in metrics, one object for each status, made once. */
export function labelsOf(
  service: ServiceDefinition,
  method: MethodDefinition,
): (code: number) => Readonly<Record<string, string | number>> {
  const attributes = attributesOf(service, method);
  const byCode = new Map<number, Readonly<Record<string, string | number>>>();
  return (code) => {
    let labels = byCode.get(code);
    if (!labels) {
      labels = Object.freeze({ ...attributes, 'rpc.grpc.status_code': code });
      byCode.set(code, labels);
    }
    return labels;
  };
}
