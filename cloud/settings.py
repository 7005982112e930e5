"""Where the cloud keeps its data and finds its broker; every setting has a default that runs on one machine."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

TILE_URL = re.compile(r"^(https?://[a-z0-9.-]+(?::\d+)?)/\S+$", re.IGNORECASE)
TILE_PARTS = ("{z}", "{x}", "{y}")


@dataclass(frozen=True, kw_only=True)
class CloudSettings:
    """`database_url` is SQLAlchemy's; `mqtt_url` mqtt://host:port, the built-in broker's address by default.

    `silent_after_s` is how long a gateway may say nothing, `keep_days` how long samples are kept. `public_url` and
    `public_mqtt_url` are what people and gateways outside use to reach pages and broker, `public_ca_file` the authority
    that vouches for that broker where it is one of your own; `registration` is a regular
    expression of the country's farm numbers. `tile_url` is that of raster tiles to put under the map, with {z}, {x} and
    {y}, and `tile_attribution` the words that their makers want to see there; without it the map has the coast alone.
    """

    data: Path
    database_url: str
    mqtt_url: str
    web_host: str
    web_port: int
    silent_after_s: float = 300.0
    keep_days: int = 3650
    public_url: str = ""
    public_mqtt_url: str = ""
    public_ca_file: Path | None = None
    registration: str = ""
    mail_url: str = ""
    tile_url: str = ""
    tile_attribution: str = ""

    def __post_init__(self) -> None:
        if self.tile_url and not (TILE_URL.match(self.tile_url) and all(part in self.tile_url for part in TILE_PARTS)):
            raise ValueError(
                f"PONDKEEPER_TILE_URL is {self.tile_url!r}: give it as https://tiles.example/{{z}}/{{x}}/{{y}}.png"
            )

    @property
    def tile_origin(self) -> str:
        """Where tiles come from, as a page's policy names it; "" without tiles."""
        found = TILE_URL.match(self.tile_url)
        return found.group(1) if found else ""

    @property
    def gateways_url(self) -> str:
        """Where gateways find the broker; never the cloud's own way in, which may hold its password."""
        own = self.mqtt_url if self.mqtt_url.startswith("mqtt") else ""
        return self.public_mqtt_url or own

    def gateways_ca(self) -> str:
        """The authority of the broker that gateways reach, in PEM; "" where any known one may vouch for it. OSError."""
        return self.public_ca_file.read_text() if self.public_ca_file else ""

    @property
    def signing_key_file(self) -> Path:
        """The key that signs commands to gateways."""
        return self.data / "command-key.pem"

    @property
    def photos(self) -> Path:
        """The folder of photos that farmers sent with reports."""
        return self.data / "photos"

    @property
    def alert_urls_file(self) -> Path:
        """Whom to tell of alerts: lists of apprise URLs under a gateway's id, and under "all"."""
        return self.data / "alert-urls.toml"

    @property
    def stations_file(self) -> Path:
        """Which folders are watched for station files, and what is exported."""
        return self.data / "stations.toml"

    @property
    def users_file(self) -> Path:
        """The built-in broker's users and password hashes."""
        return self.data / "broker-users.json"

    @property
    def own_password_file(self) -> Path:
        """The password with which the cloud itself reads from the broker."""
        return self.data / "broker-password"


def read_settings(data: Path) -> CloudSettings:
    """Settings from the environment: PONDKEEPER_DATABASE_URL, _MQTT_URL, _WEB_HOST, _WEB_PORT, _SILENT_MINUTES,
    _KEEP_DAYS, _PUBLIC_URL, _PUBLIC_MQTT_URL, _PUBLIC_CA_FILE, _REGISTRATION, _MAIL_URL, _TILE_URL, _TILE_ATTRIBUTION.

    ValueError for a tile URL that is none.
    """
    data = data.resolve()
    host, port = os.environ.get("PONDKEEPER_WEB_HOST", "127.0.0.1"), int(os.environ.get("PONDKEEPER_WEB_PORT", "8090"))
    return CloudSettings(
        data=data,
        database_url=os.environ.get("PONDKEEPER_DATABASE_URL", f"sqlite:///{data / 'cloud.sqlite'}"),
        mqtt_url=os.environ.get("PONDKEEPER_MQTT_URL", "mqtt://127.0.0.1:18830"),
        web_host=host,
        web_port=port,
        keep_days=int(os.environ.get("PONDKEEPER_KEEP_DAYS", "3650")),
        silent_after_s=60 * float(os.environ.get("PONDKEEPER_SILENT_MINUTES", "5")),
        public_url=os.environ.get("PONDKEEPER_PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        public_mqtt_url=os.environ.get("PONDKEEPER_PUBLIC_MQTT_URL", ""),
        public_ca_file=_path("PONDKEEPER_PUBLIC_CA_FILE"),
        registration=os.environ.get("PONDKEEPER_REGISTRATION", ""),
        mail_url=os.environ.get("PONDKEEPER_MAIL_URL", ""),
        tile_url=os.environ.get("PONDKEEPER_TILE_URL", ""),
        tile_attribution=os.environ.get("PONDKEEPER_TILE_ATTRIBUTION", ""),
    )


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None
