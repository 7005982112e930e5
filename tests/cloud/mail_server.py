"""A small SMTP server: takes letters, or refuses the recipients it is told to."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What came in, as (recipient, letter); `refused` are recipients that get a 451."""

    port: int = 0
    refused: set[str] = field(default_factory=set)
    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """For apprise."""
        return f"mailto://127.0.0.1:{self.port}/?from=cloud@example.org&mode=insecure"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation."""
        to = ""

        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 test")
        while line := (await reader.readline()).decode().strip():
            word = line.upper()
            if word.startswith("RCPT"):
                to = line.split("<")[1].split(">")[0]
                say("451 not now" if to in self.refused else "250 ok")
            elif word == "DATA":
                say("354 go on")
                body = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                letter = message_from_bytes(body.replace(b"\r\n..", b"\r\n."), policy=policy.default)
                assert isinstance(letter, EmailMessage)
                self.letters.append((to, letter))
                say("250 taken")
            else:
                say("221 bye" if word == "QUIT" else "250 ok")
        writer.close()


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A server on a free port of this machine, in a thread of its own."""
    box, loop = Mailbox(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(box.serve, "127.0.0.1", 0, limit=2**24))
    box.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()
