"""A gateway that falls silent is told of, once, and its return too."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cloud.alerts.messages import Teller
from cloud.alerts.silence import Silence
from cloud.database import Database, migrate
from cloud.farms import repository as farms
from cloud.settings import CloudSettings
from cloud.telemetry.ingest import Ingest
from cloud.telemetry.source import Message
from cloud.web.server import make_app
from tests.cloud.people import administrator
from tests.cloud.test_telemetry import FARM, NOW_S, rows, sample
from tests.gateway.farms import Steps

MINUTE_S = 60.0


@dataclass
class Watch:
    """The cloud's watch over one gateway."""

    folder: Path
    time: Steps = field(default_factory=Steps)
    sent: list[tuple[list[str], str, str]] = field(default_factory=list)
    delivers: bool = True
    bad: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        url = f"sqlite:///{self.folder / 'cloud.sqlite'}"
        migrate(url)
        self.database = Database(url)
        with self.database.write() as session:
            farms.add_gateway(session, "g1", NOW_S)
        self.start()
        settings = CloudSettings(data=self.folder, database_url=url, mqtt_url="", web_host="", web_port=0)
        self.http = administrator(TestClient(make_app(settings)))
        settings.alert_urls_file.write_text('all = ["json://everybody"]\ng1 = ["json://farmer"]\n')
        self.urls = settings.alert_urls_file

    def start(self) -> None:
        """The ingest process anew."""
        clock = self.time.clock()
        self.teller = Teller(self.database, self.folder / "alert-urls.toml", clock.monotonic, self._deliver)
        self.silence = Silence(self.database, clock.monotonic, clock.wall, 5 * MINUTE_S)
        self.ingest = Ingest(self.database, None, wall=clock.wall)  # type: ignore[arg-type]

    def say(self, payload: bytes, kind: str = "farm") -> None:
        self.ingest.store([Message(f"farm/g1/up/{kind}", payload)])

    def forward(self, minutes: float) -> None:
        self.time.forward(minutes * MINUTE_S)
        self.silence.check()
        self.teller.tell()

    def _deliver(self, urls: list[str], title: str, body: str) -> list[str]:
        self.sent.append((urls, title, body))
        return [url for url in urls if not self.delivers or url in self.bad]

    @property
    def open(self) -> list[str]:
        return [alert["kind"] for alert in self.http.get("/api/alerts").json() if alert["closed_at"] is None]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    made = Watch(tmp_path)
    made.say(FARM)
    yield made
    made.database.engine.dispose()


def test_silence_opens_one_alert_and_the_return_closes_it(watch: Watch) -> None:
    watch.forward(4.9)
    assert watch.open == []
    for _ in range(3):
        watch.forward(1)
    assert watch.open == ["gateway_silent"]
    assert len(watch.sent) == 1
    urls, title, body = watch.sent[0]
    assert urls == ["json://everybody", "json://farmer"]
    assert "Trại Một" in title
    assert "nothing is heard" in body
    assert "không nhận được tin" in watch.http.get("/").text
    watch.say(FARM)
    watch.forward(0.1)
    assert watch.open == []
    assert len(watch.sent) == 2
    assert "không nhận được tin" not in watch.http.get("/ponds").text


def test_a_late_backlog_is_no_life(watch: Watch) -> None:
    for minute in range(6):
        watch.say(rows(sample(minute, late=True), batch=f"b-{minute}"), "rows")
        watch.forward(1)
    assert watch.open == ["gateway_silent"]


def test_nobody_is_silent_while_the_cloud_is_deaf(watch: Watch) -> None:
    for _ in range(10):
        watch.silence.deaf()
        watch.forward(1)
    assert watch.open == []
    watch.forward(5)
    assert watch.open == ["gateway_silent"]


def test_an_alert_outlives_a_restart_and_is_told_once(watch: Watch) -> None:
    watch.forward(6)
    watch.start()
    watch.forward(1)
    assert watch.open == ["gateway_silent"]
    watch.say(FARM)
    watch.forward(1)
    assert watch.open == []
    assert len(watch.sent) == 2


def test_what_does_not_go_through_is_tried_again(watch: Watch) -> None:
    watch.delivers = False
    watch.forward(6)
    watch.forward(1)
    watch.delivers = True
    watch.forward(1)
    watch.forward(1)
    assert len(watch.sent) == 3


def test_a_step_of_the_wall_clock_alarms_nobody(watch: Watch) -> None:
    watch.time.wall_s += 86400
    watch.forward(1)
    assert watch.open == []


def test_a_damaged_list_of_urls_tells_nobody_and_breaks_nothing(watch: Watch) -> None:
    watch.urls.write_text("not toml")
    watch.forward(6)
    assert watch.sent == []
    assert watch.open == ["gateway_silent"]


def test_a_bad_address_repeats_nothing_to_the_good_ones(watch: Watch) -> None:
    watch.bad = ("json://farmer",)
    for minutes in (6, 1, 1, 1, 1):
        watch.forward(minutes)
    assert [urls for urls, _, _ in watch.sent] == [["json://everybody", "json://farmer"], *[["json://farmer"]] * 2]
    watch.bad = ()
    for _ in range(5):
        watch.forward(1)
    assert len(watch.sent) == 4


def test_an_alert_that_nobody_is_named_for_is_told_when_somebody_is(watch: Watch) -> None:
    named = watch.urls.read_text()
    watch.urls.write_text("")
    watch.forward(6)
    assert watch.sent == []
    watch.urls.write_text(named)
    watch.forward(1)
    assert len(watch.sent) == 1


def test_what_another_worker_heard_counts_as_heard(watch: Watch) -> None:
    other = Ingest(watch.database, None, wall=watch.time.clock().wall)  # type: ignore[arg-type]
    for _ in range(10):
        watch.forward(2)
        other.store([Message("farm/g1/up/farm", FARM)])
    assert watch.open == []
    watch.forward(1)
    watch.forward(6)
    assert watch.open == ["gateway_silent"]
