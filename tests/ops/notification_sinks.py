"""Where Alertmanager's notifications go in the tests: webhook, chat, pager and mail, on loopback."""

import contextlib
import dataclasses
import email
import email.policy
import http.server
import json
import socketserver
import threading
import time


@dataclasses.dataclass(frozen=True)
class Notification:
    way: str       # webhook, heartbeat, chat, pager, mail
    at: float      # by the monotonic clock
    status: str    # firing, resolved
    alerts: tuple  # their names
    subject: str
    text: str
    where: str     # the channel of a chat, the recipient of a mail
    more: dict     # what came, for messages


def alerts_in(text):
    """Returns the names of the alerts in a text of the kit's template, each of which lists labels."""
    return tuple(word.removeprefix("alertname=") for word in text.split()
                 if word.startswith("alertname="))


def from_chat(body):
    attachment = body["attachments"][0]
    text = attachment["text"]
    return ("chat", attachment["title"], text, alerts_in(text), body["channel"])


def from_pager(body):
    details = body["payload"] if "payload" in body else {"summary": body["dedup_key"]}
    shown = json.dumps(details.get("custom_details", {}))
    names = tuple(part.split("\\n")[0].strip() for part in shown.split("alertname = ")[1:])
    return ("pager", details["summary"], shown, names, body["routing_key"])


def from_webhook(body):
    alerts = body["alerts"]
    return ("webhook", alerts[0]["annotations"]["summary"],
            "\n".join(each["annotations"]["description"] for each in alerts),
            tuple(each["labels"]["alertname"] for each in alerts), "")


def from_mail(message, recipient):
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    return ("mail", message["Subject"], text, alerts_in(text), recipient), html


class Sinks:
    """Collects what arrives. `url` is of the HTTP ones, `mail` the address of the mail server."""

    def __init__(self):
        self.arrived = []
        self.news = threading.Condition()
        sinks = self

        class Http(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = b'{"status": "success"}'
                self.send_response(202 if self.path == "/pager" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                sinks.http(self.path, body)

            def log_message(self, *_):
                pass

        class Mail(socketserver.StreamRequestHandler):
            def handle(self):
                sinks.smtp(self.rfile, self.wfile)

        self.servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Http),
                        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)]
        self.url = f"http://127.0.0.1:{self.servers[0].server_address[1]}"
        self.mail = f"127.0.0.1:{self.servers[1].server_address[1]}"

    def add(self, parts, status, more):
        way, subject, text, alerts, where = parts
        with self.news:
            self.arrived.append(Notification(way, time.monotonic(), status, alerts, subject, text,
                                             where, more))
            self.news.notify_all()

    def http(self, path, body):
        if path == "/heartbeat":
            self.add(("heartbeat", *from_webhook(body)[1:]), body["status"], body)
        elif path == "/alerts":
            self.add(from_webhook(body), body["status"], body)
        elif path == "/chat":
            resolved = body["attachments"][0]["color"] == "good"
            self.add(from_chat(body), "resolved" if resolved else "firing", body)
        elif path == "/pager":
            resolved = body["event_action"] == "resolve"
            self.add(from_pager(body), "resolved" if resolved else "firing", body)
        else:
            raise AssertionError(path)

    def smtp(self, lines, answer):
        """A conversation with one who sends mail, as far as Alertmanager has it."""
        def say(text):
            answer.write(text.encode() + b"\r\n")

        recipient = ""
        say("220 sink")
        for line in lines:
            verb = line.decode().strip().upper()
            if verb.startswith("RCPT TO:"):
                recipient = line.decode().split("<")[1].split(">")[0]
            if verb == "DATA":
                say("354 go on")
                text = b""
                for part in lines:
                    if part == b".\r\n":
                        break
                    text += part[1:] if part.startswith(b".") else part
                message = email.message_from_bytes(text, policy=email.policy.default)
                parts, html = from_mail(message, recipient)
                resolved = parts[1].startswith("[RESOLVED]")
                self.add(parts, "resolved" if resolved else "firing", {"html": html})
            say("221 bye" if verb == "QUIT" else "250 fine")
            if verb == "QUIT":
                return

    def since(self, mark):
        """What has arrived since there were `mark`, but for the heartbeat."""
        with self.news:
            return [each for each in self.arrived[mark:] if each.way != "heartbeat"]

    def wait_for(self, what, wanted, mark, seconds):
        """Returns the first notification since `mark` that is `wanted`."""
        with self.news:
            found = self.news.wait_for(
                lambda: next((each for each in self.arrived[mark:] if wanted(each)), None),
                timeout=seconds)
            arrived = [(each.way, each.status, each.subject) for each in self.arrived[mark:]
                       if each.way != "heartbeat"]
        assert found, f"not in time: {what}; what came: {arrived}"
        return found


@contextlib.contextmanager
def sinks():
    made = Sinks()
    threads = [threading.Thread(target=server.serve_forever) for server in made.servers]
    for server in made.servers:
        server.daemon_threads = True
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        for server in made.servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()
