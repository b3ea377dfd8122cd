// Whatever was started ends with the one who started it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { isAlive, until } from './client.mjs';
import { MODES, start } from './server.mjs';

for (const { mode, args } of MODES) {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL']) {
    test(`${signal} ends everything, also in mid-job: ${mode}`, { timeout: 900_000 }, async () => {
      const server = await start({ args });
      try {
        const { pid, gateway, lanes } = server.state();
        const pids = [pid, gateway, ...lanes.map((lane) => lane.pid)];
        assert.equal(pid, server.pid);
        const job = server.get('/async-cpu?number=30000000000').catch(() => null);
        await server.busy();
        process.kill(pid, signal);
        await server.ended;
        // Only a supervisor that had no chance to clean up needs help, which comes a moment later.
        await until(signal === 'SIGKILL' ? 3_000 : 500, 'no process is left', async () => (pids.some(isAlive) ? null : true));
        await job;
        await assert.rejects(server.get('/ping'), { code: 'ECONNREFUSED' });
        for (const { socket } of lanes) {
          await until(3_000, 'the sockets are gone', async () => (existsSync(dirname(socket)) ? null : true));
        }
      } finally {
        await server.stop();
      }
    });
  }
}
