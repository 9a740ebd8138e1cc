/** Whether a request with this method may change something (RFC 9110, 9.2.1). Covers the methods of manifests and browsers. */
export const isWrite = ({ method }: { readonly method: string }): boolean =>
  method !== 'GET' && method !== 'HEAD';
