/** Whether a request with this method may change something: RFC 9110, 9.2.1, of the methods that a manifest and a browser send. */
export const isWrite = ({ method }: { readonly method: string }): boolean =>
  method !== 'GET' && method !== 'HEAD';
