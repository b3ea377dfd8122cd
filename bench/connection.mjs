// A kept HTTP/1.1 connection with as little of a client in the way as possible. Knows answers with a length and chunked ones.
import { connect } from 'node:net';

export class Connection {
  #socket;
  #answer = Buffer.alloc(0);
  #waiting = [];

  static async to(port) {
    const connection = new Connection();
    connection.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    connection.#socket.on('data', (chunk) => connection.#read(chunk));
    const end = (error) => connection.#waiting.splice(0).forEach(({ reject }) => reject(error ?? new Error('the connection ended')));
    connection.#socket.on('close', () => end());
    await new Promise((resolve, reject) => {
      connection.#socket.once('connect', resolve);
      connection.#socket.once('error', reject);
    });
    connection.#socket.on('error', end);
    return connection;
  }

  // Requests may be sent before earlier ones are answered; answers come in order.
  get(path) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, since: performance.now() });
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #read(chunk) {
    this.#answer = this.#answer.length ? Buffer.concat([this.#answer, chunk]) : chunk;
    for (let end; (end = this.#end()) > 0; this.#answer = this.#answer.subarray(end)) {
      const { resolve, since } = this.#waiting.shift();
      resolve({ status: Number(this.#answer.toString('latin1', 9, 12)), ms: performance.now() - since });
    }
  }

  // Where the first answer ends, 0 if it is not complete.
  #end() {
    const head = this.#answer.indexOf('\r\n\r\n') + 4;
    if (head < 4) return 0;
    const text = this.#answer.toString('latin1', 0, head).toLowerCase();
    const length = /\r\ncontent-length: (\d+)/.exec(text);
    if (length) {
      const end = head + Number(length[1]);
      return this.#answer.length < end ? 0 : end;
    }
    const last = this.#answer.indexOf('0\r\n\r\n', head - 2);
    return last < 0 ? 0 : last + 5;
  }
}
