"""What hostile clients do. Each attack takes an address and returns what it saw."""

import selectors
import socket
import struct
import time

PATIENCE = 30  # seconds; far longer than the server has with anybody


def connect(address, receive_buffer=None):
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(30)
    client.connect(address)
    return client


def ask(address, request, finish=False):
    """Returns the status of the first answer, once the server has closed; 0 if there was none."""
    with connect(address) as client:
        try:
            client.sendall(request)
            if finish:
                client.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := client.recv(65_536):
                answer += piece
        except ConnectionError:
            pass  # it had closed before it had read everything
        return int(answer.split()[1]) if answer else 0


def reset(client):
    """Closes without a goodbye."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def take_until_closed(clients, seconds, on_turn=lambda client: None):
    """Reads from `clients` until all are closed by the server or time is up. Returns the number of
    those that were closed. Calls `on_turn` for each open one a few times a second."""
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            client.setblocking(False)
            waiting.register(client, selectors.EVENT_READ)
        total = len(waiting.get_map())
        end = time.monotonic() + seconds
        turn = 0
        while waiting.get_map() and time.monotonic() < end:
            for key, _ in waiting.select(0.2):
                try:
                    if key.fileobj.recv(65_536):
                        continue
                except BlockingIOError:
                    continue
                except ConnectionError:
                    pass
                waiting.unregister(key.fileobj)
            if time.monotonic() < turn:
                continue
            turn = time.monotonic() + 0.3
            for key in list(waiting.get_map().values()):
                try:
                    on_turn(key.fileobj)
                except OSError:
                    pass  # the server's close is seen when it is read
        return total - len(waiting.get_map())


def say_nothing(address, connections, seconds):
    """Connects many times, and holds on. Returns how many the server closed."""
    clients = [connect(address) for _ in range(connections)]
    closed = take_until_closed(clients, seconds)
    for client in clients:
        client.close()
    return closed


def dribble(address, connections):
    """Sends headers a byte at a time. Returns how many the server closed."""
    clients = [connect(address) for _ in range(connections)]
    for client in clients:
        client.sendall(b"GET /orders/1 HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    closed = take_until_closed(clients, PATIENCE, lambda client: client.send(b"y"))
    for client in clients:
        client.close()
    return closed


def withhold_bodies(address, connections):
    """Sends all but the end of large bodies. Returns how many the server closed."""
    head = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    clients = []
    for _ in range(connections):
        clients.append(connect(address))
        try:
            clients[-1].sendall(head + b" " * 900_000)
        except ConnectionError:
            pass  # it was dropped meanwhile
    closed = take_until_closed(clients, PATIENCE)
    for client in clients:
        client.close()
    return closed


def never_read(address, path, connections):
    """Asks for more than sockets hold, and takes a byte now and then. Returns how many the server
    did not close."""
    request = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path
    clients = [connect(address, receive_buffer=4_096) for _ in range(connections)]
    for client in clients:
        client.setblocking(False)
        try:
            client.send(request * 10_000)
        except ConnectionError:
            pass
    end = time.monotonic() + PATIENCE
    left = set(clients)
    while left and time.monotonic() < end:
        for client in list(left):
            try:
                client.recv(1)
                # An answer may still be in the socket; sending tells sooner that it is dead.
                client.send(b"\r\n")
            except BlockingIOError:
                pass
            except ConnectionError:
                left.remove(client)
        time.sleep(0.1)  # the pace of a slow client
    for client in clients:
        client.close()
    return len(left)


def send_forever(address, head, piece):
    """Sends `piece` again and again. Returns the status of the answer and the bytes sent."""
    sent = 0
    with connect(address) as client:
        client.sendall(head)
        try:
            while sent < 64 * 1024 * 1024:
                client.sendall(piece)
                sent += len(piece)
        except ConnectionError:
            pass
        try:
            answer = client.recv(65_536)
        except ConnectionError:
            answer = b""  # the reset overtook it
    return int(answer.split()[1]) if answer else 0, sent


def flood_pipeline(address, requests):
    """Sends many requests at once and then reads. Returns the number of answers in order."""
    with connect(address) as client:
        client.sendall(b"GET /orders/none HTTP/1.1\r\nHost: x\r\n\r\n" * (requests - 1) +
                       b"GET /orders/none HTTP/1.0\r\n\r\n")
        answers = b""
        while piece := client.recv(1 << 20):
            answers += piece
    return answers.count(b"HTTP/1.1 404 ")


def reset_in_the_middle(address, connections):
    """Resets connections in every state."""
    for number in range(connections):
        client = connect(address)
        client.sendall((b"", b"GET / HT", b"GET /reports/revenue HTTP/1.1\r\nHost: x\r\n\r\n",
                        b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{")[number % 4])
        reset(client)
