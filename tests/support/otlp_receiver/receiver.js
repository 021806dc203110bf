// An OTLP receiver whose decoders were generated from the official protocol files, for tests.
//
//   node receiver.js [http port] [grpc port]     0 or none: any free port
//
// Prints {"http": port, "grpc": port} when it listens. HTTP takes POST /v1/{traces,metrics,logs}, and
// for tests GET /received (what came since the start, one JSON object a line), GET /newest (the last
// of them) and POST /behave
// ({"status": 503, "retryAfter": "1", "grpcCode": 14, "count": 2}: answers that to the next
// requests). With CERT and KEY in the environment, names of PEM files, both ports speak TLS, and ask
// for a certificate that CERT has signed if CLIENT_CERT is set too. Ends when its standard input does.
'use strict';

const fs = require('fs');
const http = require('http');
const https = require('https');
const zlib = require('zlib');
const grpc = require('@grpc/grpc-js');
const { collector } = require('otlp-transformer/build/src/generated/root.js').opentelemetry.proto;

const signals = {
  traces: {
    service: 'trace.v1.TraceService',
    request: collector.trace.v1.ExportTraceServiceRequest,
    response: collector.trace.v1.ExportTraceServiceResponse,
  },
  metrics: {
    service: 'metrics.v1.MetricsService',
    request: collector.metrics.v1.ExportMetricsServiceRequest,
    response: collector.metrics.v1.ExportMetricsServiceResponse,
  },
  logs: {
    service: 'logs.v1.LogsService',
    request: collector.logs.v1.ExportLogsServiceRequest,
    response: collector.logs.v1.ExportLogsServiceResponse,
  },
};

const received = [];
let behaviour = { count: 0 };

function misbehave() {
  if (behaviour.count <= 0) return null;
  behaviour.count -= 1;
  return behaviour;
}

// Bytes in hex, 64-bit numbers as text.
function plain(type, message) {
  return type.toObject(message, {
    longs: String,
    enums: Number,
    bytes: String,
  });
}

function hex(value) {
  if (Array.isArray(value)) return value.map(hex);
  if (value === null || typeof value !== 'object') return value;
  const out = {};
  for (const [key, one] of Object.entries(value)) {
    const isId = /^(trace|span|parentSpan)Id$/.test(key);
    out[key] = isId ? Buffer.from(one, 'base64').toString('hex') : hex(one);
  }
  return out;
}

function note(signal, transport, headers, request) {
  const body = hex(plain(signals[signal].request, request));
  received.push(JSON.stringify({ signal, transport, headers, body }));
}

function readBody(request, done) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks)));
}

const tls = process.env.CERT && {
  cert: fs.readFileSync(process.env.CERT),
  key: fs.readFileSync(process.env.KEY),
};
const asksForCertificate = Boolean(process.env.CLIENT_CERT);

function serve(request, response) {
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, headers);
    response.end(body);
  };
  readBody(request, (body) => {
    if (request.url === '/received') return answer(200, received.join('\n'));
    if (request.url === '/newest') return answer(200, received.at(-1) || '');
    if (request.url === '/behave') {
      behaviour = JSON.parse(body.toString());
      return answer(200, '');
    }
    const path = /^\/v1\/(traces|metrics|logs)$/.exec(request.url);
    if (path === null || request.method !== 'POST') return answer(404, 'there is nothing here');
    if (request.headers['content-type'] !== 'application/x-protobuf') return answer(415, '');
    const wrong = misbehave();
    if (wrong !== null) {
      const retry = wrong.retryAfter === undefined ? {} : { 'retry-after': wrong.retryAfter };
      return answer(wrong.status, wrong.body || '', retry);
    }
    const { request: type, response: answerType } = signals[path[1]];
    try {
      const bytes = request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(body) : body;
      note(path[1], 'http', request.headers, type.decode(bytes));
    } catch (error) {
      return answer(400, String(error));
    }
    return answer(200, Buffer.from(answerType.encode({}).finish()), {
      'content-type': 'application/x-protobuf',
    });
  });
}

const server = tls
  ? https.createServer({ ...tls, ca: tls.cert, requestCert: asksForCertificate, rejectUnauthorized: false }, (request, response) => {
    const isStranger = asksForCertificate && request.url.startsWith('/v1/')
      && Object.keys(request.socket.getPeerCertificate()).length === 0;
    if (isStranger) request.destroy();
    else serve(request, response);
  })
  : http.createServer(serve);

const grpcServer = new grpc.Server({ 'grpc.max_receive_message_length': 64 << 20 });
for (const [signal, { service, request, response }] of Object.entries(signals)) {
  const method = {
    path: `/opentelemetry.proto.collector.${service}/Export`,
    requestStream: false,
    responseStream: false,
    requestDeserialize: (bytes) => request.decode(bytes),
    requestSerialize: (message) => Buffer.from(request.encode(message).finish()),
    responseSerialize: (message) => Buffer.from(response.encode(message).finish()),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
  grpcServer.addService({ Export: method }, {
    Export: (call, callback) => {
      const wrong = misbehave();
      if (wrong !== null) {
        const metadata = new grpc.Metadata();
        if (wrong.details) metadata.set('grpc-status-details-bin', Buffer.from(wrong.details, 'hex'));
        return callback({ code: wrong.grpcCode, details: 'as the test has asked for', metadata });
      }
      note(signal, 'grpc', call.metadata.getMap(), call.request);
      return callback(null, {});
    },
  });
}

const [httpPort, grpcPort] = [2, 3].map((i) => Number(process.argv[i] || 0));
server.listen(httpPort, '127.0.0.1', () => {
  const address = `127.0.0.1:${grpcPort}`;
  const credentials = tls
    ? grpc.ServerCredentials.createSsl(
      tls.cert, [{ cert_chain: tls.cert, private_key: tls.key }], asksForCertificate)
    : grpc.ServerCredentials.createInsecure();
  grpcServer.bindAsync(address, credentials, (error, port) => {
    if (error) {
      console.error(String(error));
      process.exit(1);
    }
    console.log(JSON.stringify({ http: server.address().port, grpc: port }));
  });
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
