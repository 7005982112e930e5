"""Advice by e-mail, through the server that the reports go through, to people who gave an address."""

from urllib.parse import urlencode

from cloud.accounts.models import Person


class ByMail:
    """`url` is apprise's mailto:// or mailtos:// of the server, without recipients; `public_url` leads to the pages."""

    channel = "email"

    def __init__(self, url: str, public_url: str) -> None:
        self._url = url
        self._public_url = public_url

    def tell(self, person: Person, title: str, body: str, path: str) -> bool | None:
        """As `Teller`: None for a person without an address."""
        if not person.email:
            return None
        import apprise  # half a second that only a letter needs

        server = apprise.Apprise()
        to = urlencode({"to": person.email})
        added = server.add(f"{self._url}{'&' if '?' in self._url else '?'}{to}")
        return added and bool(server.notify(title=title, body=f"{body}\n\n{self._public_url}{path}"))
