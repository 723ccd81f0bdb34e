/** What the web server alone can do: it sends back what it is sent, over WebSocket and HTTP. A process of its own. */
import uws from 'uWebSockets.js';

const { App, us_socket_local_port } = uws;

/** As far as the load generator asks. */
const metadata = JSON.stringify({
  name: 'bare',
  inputs: [{ name: 'pixels', datatype: 'UINT8', shape: [-1, 28, 28] }],
  outputs: [],
});

App()
  .get('/v2/models/bare', response => {
    response.writeHeader('content-type', 'application/json').end(metadata);
  })
  .post('/v2/models/bare/infer', response => {
    const parts: Buffer[] = [];
    response.onAborted(() => {});
    response.onData((chunk, isLast) => {
      // The chunk is gone after this call.
      if (!isLast || parts.length > 0) parts.push(Buffer.from(Buffer.from(chunk)));
      if (!isLast) return;
      response.writeHeader('content-type', 'application/octet-stream');
      response.end(parts.length > 0 ? Buffer.concat(parts) : chunk);
    });
  })
  .ws('/v2/models/bare/stream', {
    maxPayloadLength: 2 ** 24,
    maxBackpressure: 2 ** 24,
    open: socket => void socket.send('{"hello":{}}'),
    message: (socket, frame, isBinary) => void socket.send(frame, isBinary),
  })
  .listen('127.0.0.1', 0, socket => {
    process.stdout.write(`{"listening":"http://127.0.0.1:${us_socket_local_port(socket)}"}\n`);
  });
