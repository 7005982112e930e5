"""A small FTP server (RFC 959, passive mode, TLS by AUTH) that keeps what it is sent in a folder."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

USER, PASSWORD = "tram", "bi mat"


class _Session(socketserver.StreamRequestHandler):
    server: "FtpServer"
    timeout = 10
    user = ""
    signed = False
    safe = False
    rename_from = ""
    listening: socket.socket | None = None

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            word, _, rest = line.decode().rstrip("\r\n").partition(" ")
            self.server.heard.append(word.upper())
            act = getattr(self, f"do_{word.lower()}", None)
            if act is None:
                self.say("502 not known")
            elif not self.signed and word.upper() not in ("USER", "PASS", "AUTH", "PBSZ", "PROT", "QUIT"):
                self.say("530 sign in first")
            elif act(rest) == "quit":
                return
            if word.upper() == "AUTH":
                self.secure()

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def secure(self) -> None:
        assert self.server.context is not None
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def do_auth(self, _: str) -> None:
        self.say("234 TLS")

    def do_pbsz(self, _: str) -> None:
        self.say("200 0")

    def do_prot(self, level: str) -> None:
        self.safe = level == "P"
        self.say("200 yes")

    def do_user(self, name: str) -> None:
        self.user = name
        self.say("331 password?")

    def do_pass(self, password: str) -> None:
        self.signed = (self.user, password) == (USER, PASSWORD)
        self.say("230 in" if self.signed else "530 wrong")

    def do_cwd(self, folder: str) -> None:
        self.say("250 there" if (self.server.folder / folder).is_dir() else "550 no such folder")

    def do_type(self, _: str) -> None:
        self.say("200 as you like")

    def do_epsv(self, _: str) -> None:
        self.say("500 not known")

    def do_pasv(self, _: str) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        port = self.listening.getsockname()[1]
        self.say(f"227 (127,0,0,1,{port // 256},{port % 256})")

    def do_stor(self, name: str) -> None:
        assert self.listening is not None
        with self.listening:
            self.say("150 send")
            data, _ = self.listening.accept()
        if self.safe and self.server.context is not None:
            data = self.server.context.wrap_socket(data, server_side=True)
        got = b"".join(iter(lambda: data.recv(65536), b""))
        (data.unwrap() if isinstance(data, ssl.SSLSocket) else data).close()
        if self.server.refuses_after == 0:
            self.say("452 disk full")
            return
        self.server.refuses_after -= 1
        (self.server.folder / name).write_bytes(got)
        self.say("226 have it")

    def do_rnfr(self, name: str) -> None:
        self.rename_from = name
        self.say("350 to?")

    def do_rnto(self, name: str) -> None:
        if (self.server.folder / name).exists():
            self.say("553 there is one")
            return
        (self.server.folder / self.rename_from).rename(self.server.folder / name)
        self.server.received.append(name)
        self.say("250 done")

    def do_dele(self, name: str) -> None:
        (self.server.folder / name).unlink()
        self.say("250 gone")

    def do_quit(self, _: str) -> str:
        self.say("221 bye")
        return "quit"


class FtpServer(socketserver.ThreadingTCPServer):
    """`received` are the names in the order in which they became whole; `refuses_after` so many files its disk is full."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.folder, self.context = folder, context
        self.received: list[str] = []
        self.heard: list[str] = []
        self.refuses_after = -1

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def running(server: FtpServer) -> Iterator[FtpServer]:
    """The server in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
