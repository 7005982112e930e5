"""Where the cloud keeps its data and finds its broker; every setting has a default that runs on one machine."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CloudSettings:
    """`database_url` is SQLAlchemy's; `mqtt_url` mqtt://host:port, the built-in broker's address by default."""

    data: Path
    database_url: str
    mqtt_url: str
    web_host: str
    web_port: int

    @property
    def users_file(self) -> Path:
        """The built-in broker's users and password hashes."""
        return self.data / "broker-users.json"

    @property
    def own_password_file(self) -> Path:
        """The password with which the cloud itself reads from the broker."""
        return self.data / "broker-password"


def read_settings(data: Path) -> CloudSettings:
    """Settings from the environment: PONDKEEPER_DATABASE_URL, _MQTT_URL, _WEB_HOST, _WEB_PORT."""
    data = data.resolve()
    return CloudSettings(
        data=data,
        database_url=os.environ.get("PONDKEEPER_DATABASE_URL", f"sqlite:///{data / 'cloud.sqlite'}"),
        mqtt_url=os.environ.get("PONDKEEPER_MQTT_URL", "mqtt://127.0.0.1:18830"),
        web_host=os.environ.get("PONDKEEPER_WEB_HOST", "127.0.0.1"),
        web_port=int(os.environ.get("PONDKEEPER_WEB_PORT", "8090")),
    )
