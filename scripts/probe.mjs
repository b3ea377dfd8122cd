// Asking local servers whether they are there.
import { request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stop } from './shell.mjs';

// The port itself if nobody listens on it; 0 asks for any that is free.
export function freePort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ code }) => reject(new Stop(WHY[code]?.(port) ?? `cannot listen on port ${port}: ${code}`)));
    server.listen(port, '127.0.0.1', () => {
      const found = server.address().port;
      server.close(() => resolve(found));
    });
  });
}

const WHY = {
  EADDRINUSE: (port) => `port ${port} is in use. Stop what listens there, or choose another: PORT=0 npm start picks one that is free.`,
  EACCES: (port) => `port ${port} needs privileges. Choose one above 1023: PORT=8787 npm start`,
};

// So many different free ports.
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((listening) => server.listen(0, '127.0.0.1', listening))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

export const SILENT = 'SILENT';

// Asks until there is an answer (with `status`, if given); gives up with a sentence when `patience`, a signal, is over.
export async function answers({ status, ...where }, patience) {
  for (;;) {
    const got = await once(where);
    if (typeof got === 'number' && (status === undefined || got === status)) return;
    if (patience.aborted) {
      const what = where.socketPath ?? `http://127.0.0.1:${where.port}${where.path}`;
      throw new Stop(`${what} did not answer in time (${got})`);
    }
    await sleep(20);
  }
}

// The status of an answer, or why there is none.
export function once(where) {
  return new Promise((resolve) => {
    const call = request({ timeout: 2_000, ...where }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error('no answer in time'), { code: SILENT })));
    call.on('error', (error) => resolve(error.code ?? error.message));
    call.end();
  });
}
