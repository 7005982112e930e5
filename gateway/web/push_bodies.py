"""What a browser says that asks to be told, at the farm and in the cloud."""

from typing import Annotated

from pydantic import BaseModel, Field

from gateway.people.subscriptions import Subscription

Coded = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+=*$", max_length=200)]
Endpoint = Annotated[str, Field(pattern=r"^https://[^\s/@]+(/\S*)?$", max_length=1000)]


class Keys(BaseModel):
    """A browser's public key (65 octets) and its secret (16), base64url."""

    p256dh: Coded
    auth: Coded


class Browser(BaseModel):
    """A PushSubscription, as its toJSON gives it."""

    endpoint: Endpoint
    keys: Keys

    @property
    def subscription(self) -> Subscription:
        """As it is kept."""
        return Subscription(self.endpoint, self.keys.p256dh, self.keys.auth)


class Gone(BaseModel):
    """A browser that no longer wants messages."""

    endpoint: Endpoint
