/** One Modbus request from its own process: `client.ts HOST CODE`; prints what came back as hexadecimal, or `refused`, `silent`. */
import { connect } from 'node:net';

const [host = '', code = '3'] = process.argv.slice(2);
const socket = connect({ host, port: 502 });
const say = (text: string): void => {
  console.log(text);
  process.exit(0);
};
socket.on('connect', () => socket.write(Buffer.from([0, 1, 0, 0, 0, 6, 1, Number(code), 0, 0, 0, 1])));
socket.on('data', (bytes) => say(bytes.toString('hex')));
socket.on('error', () => say('refused'));
socket.on('close', () => say('refused'));
setTimeout(() => say('silent'), 3_000);
