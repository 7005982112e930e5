"""Who else may look at the farm: every one of them is off until it stands in `[neighbours]`."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.parts import Part


def _network(text: str) -> str:
    ip_network(text)
    return text


Network = Annotated[str, AfterValidator(_network)]


class HomeAssistantSettings(Part):
    """A broker that Home Assistant listens on; buttons for machines by hand only where `override_buttons` allows them."""

    url: Annotated[str, Field(pattern=r"^mqtts?://[^/@]+$")]
    user: str | None = None
    password_file: Path | None = Field(default=None, strict=False)
    ca_file: Path | None = Field(default=None, strict=False)
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_/-]{1,60}$")] = "homeassistant"
    override_buttons: bool = False


class PrometheusSettings(Part):
    """`/metrics`: for who has a key, and without one for the addresses of `lan` ("192.168.1.0/24")."""

    lan: Network | None = None

    def lets_in(self, address: str | None) -> bool:
        """True for an address of `lan`."""
        if self.lan is None or address is None:
            return False
        network: IPv4Network | IPv6Network = ip_network(self.lan)
        try:
            return ip_address(address) in network
        except ValueError:
            return False


class RestSettings(Part):
    """`/api/v1`: for who has a key of the page "people"."""


class ModbusSettings(Part):
    """A Modbus TCP server that can only be read; `host` is the gateway's address on the farm's own network."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 1502


class NeighbourSettings(Part):
    """`[neighbours]`."""

    home_assistant: HomeAssistantSettings | None = None
    prometheus: PrometheusSettings | None = None
    rest: RestSettings | None = None
    modbus: ModbusSettings | None = None
