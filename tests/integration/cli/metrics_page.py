"""A service that shows `/metrics` of its own making, over real HTTP."""

import contextlib
import http.server
import threading

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025)


class MetricsPage:
    """Each look finds `commands` more, of `latency` seconds and `cpu` seconds each."""

    def __init__(self, commands=100, latency=0.002, cpu=0.0005):
        self.commands, self.latency, self.cpu = commands, latency, cpu
        self.looks = 0
        self.total = self.seconds = self.cpu_total = 0
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.started = 1000
        self.answer = None  # instead of the page: (status, body)
        self.lock = threading.Lock()

    def restart(self):
        with self.lock:
            self.started += 1
            self.total = self.seconds = self.cpu_total = 0
            self.buckets = [0] * (len(BOUNDS) + 1)

    def text(self):
        """Returns the page, and goes on by one step."""
        with self.lock:
            self.looks += 1
            # Not two windows are alike.
            latency = self.latency * (1 + self.looks % 5 / 100)
            self.total += self.commands
            self.seconds += self.commands * latency
            self.cpu_total += self.commands * self.cpu * (1 + self.looks % 3 / 100)
            place = sum(latency > bound for bound in BOUNDS)
            self.buckets[place] += self.commands
            lines = ["# HELP eventcore_commands_total Commands.",
                     "# TYPE eventcore_commands_total counter",
                     f'eventcore_commands_total{{command_type="place_order"}} {self.total}',
                     f'eventcore_command_outcomes_total{{command_type="place_order",outcome="committed"}} {self.total}',
                     f"eventcore_events_written_total{{category=\"order\"}} {self.total * 2}",
                     "eventcore_append_queue_depth 7",
                     "eventcore_memory_usage_bytes 52428800",
                     f"process_cpu_seconds_total {self.cpu_total}",
                     f"process_start_time_seconds {self.started}",
                     'eventcore_projection_lag_seconds{projection_name="revenue"} 2.5',
                     'eventcore_projection_lag_events{projection_name="revenue"} 120',
                     'eventcore_projection_lag_seconds{projection_name="stock"} 0',
                     'eventcore_projection_lag_events{projection_name="stock"} 0',
                     'other_metric{text="with \\"quotes\\" and \\\\"} 5']
            up_to = 0
            for bound, count in zip((*BOUNDS, "+Inf"), self.buckets):
                up_to += count
                lines.append('eventcore_command_duration_seconds_bucket{command_type="place_order",'
                             f'le="{bound}"}} {up_to}')
            lines += [f'eventcore_command_duration_seconds_sum{{command_type="place_order"}} {self.seconds}',
                      f'eventcore_command_duration_seconds_count{{command_type="place_order"}} {self.total}']
        return "\n".join(lines) + "\n"


def serve(page, port=0):
    """Returns a server that shows `page`, at work."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status, body = 404, "nothing here"
            if self.path == "/metrics":
                status, body = page.answer or (200, page.text())
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@contextlib.contextmanager
def serving(page):
    """The URL of a server that shows `page`."""
    server = serve(page)
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
