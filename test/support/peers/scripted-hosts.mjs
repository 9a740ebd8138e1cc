/**
 * Loaded into Latchkey's processes by `NODE_OPTIONS=--import`: whatever goes to another host over HTTPS goes to the scripted
 * app on 127.0.0.1 in its place, so that ready-made manifests can be played as they are, without a network.
 */
import http from 'node:http';
import https from 'node:https';

const port = Number(process.env['SCRIPTED_APP_PORT']);

/**
 * @param {URL} url
 * @param {https.RequestOptions} options whose agent and look-up were meant for the real host
 * @param {(response: http.IncomingMessage) => void} answered
 */
const requestOfScriptedApp = (url, { headers, method }, answered) =>
  http.request(
    {
      host: '127.0.0.1',
      port,
      path: url.pathname + url.search,
      headers: Object.assign({}, headers, { host: url.hostname }),
      ...(method !== undefined && { method }),
    },
    answered,
  );

Object.assign(https, { request: requestOfScriptedApp });
