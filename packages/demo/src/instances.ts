/** The service that an instance such as `order-1` is one of. */
export const serviceOf = (instance: string): string => instance.replace(/-\d+$/, '');
