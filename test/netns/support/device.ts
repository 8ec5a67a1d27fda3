/** A Modbus device in its own process: prints `listening`, then each client's address; answers every request with its own bytes. */
import { createServer } from 'node:net';

createServer((socket) => {
  console.log(`client ${socket.remoteAddress?.replace('::ffff:', '')}`);
  socket.on('error', () => {});
  socket.pipe(socket);
}).listen(502, '0.0.0.0', () => console.log('listening'));
