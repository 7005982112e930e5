"""Public stations: what is taken from a folder, what counts, what is complete, what passes a limit, what is sent on."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cloud.stations import repository
from cloud.stations.completeness import Complete, completeness
from cloud.stations.cycles import of_node, of_station
from cloud.stations.exporting import Export, Exporter
from cloud.stations.file_name import FileName
from cloud.stations.flags import judge
from cloud.stations.importing import FolderImport
from cloud.stations.limits import presets
from cloud.stations.models import Station
from cloud.stations.national_file import parse, stamp
from cloud.stations.settings import SettingsError, read_station_settings
from cloud.stations.symbols import same_unit
from cloud.stations.targets import FolderTarget, FtpTarget, TargetDown
from cloud.stations.through_gateway import GatewayStations
from cloud.telemetry import store as telemetry
from cloud.telemetry.messages import parse_rows
from tests.cloud.ftp_server import PASSWORD, FtpServer, running
from tests.cloud.station_yard import NOW_S, Yard, file_of, line, yard
from tests.cloud.test_telemetry import rows, sample

FILES = Path(__file__).parent / "national"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Yard]:
    with yard(tmp_path) as made:
        yield made


@pytest.fixture
def drop(place: Yard) -> Path:
    folder = place.folder / "drop"
    folder.mkdir()
    return folder


def importer(place: Yard, drop: Path) -> FolderImport:
    return FolderImport(place.database, drop, FileName(), place.wall, place.wall)


def settle(place: Yard, importing: FolderImport) -> list[tuple[int, list[str]]]:
    """Look twice, ten seconds apart; what was taken and what was wrong."""
    first = importing.step()
    place.now_s += 10.0
    return [(done.taken, [fault.code for fault in done.faults]) for done in first + importing.step()]


def kept(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# From a watched folder


def test_a_good_file_is_stored_with_its_status_and_put_aside(place: Yard, drop: Path) -> None:
    station = place.station()
    (drop / "HON-DAT_20261126083000.txt").write_bytes((FILES / "good.txt").read_bytes())
    assert settle(place, importer(place, drop)) == [(6, [])]
    assert {(line.symbol, line.value, line.status) for line in place.lines(station)} >= {
        ("DO", 5.23, "00"),
        ("TSS", 41.0, "01"),
        ("NH4", None, "02"),
    }
    assert kept(drop) == ["taken/20261126/HON-DAT_20261126083000.txt"]


def test_a_file_that_still_grows_waits_until_it_stands_still(place: Yard, drop: Path) -> None:
    station, importing = place.station(), importer(place, drop)
    whole = (FILES / "good.txt").read_bytes()
    for size in (40, 80, len(whole)):
        (drop / "HON-DAT_20261126083000.txt").write_bytes(whole[:size])
        assert importing.step() == []
        place.now_s += 9.0
    assert importing.step() == []
    place.now_s += 1.0
    assert [done.faults for done in importing.step()] == [[]]
    assert len(place.lines(station)) == 6


def test_a_name_of_an_unfinished_upload_is_not_a_file_yet(place: Yard, drop: Path) -> None:
    for name in ("HON-DAT_20261126083000.txt.part", ".HON-DAT_20261126083000.txt"):
        (drop / name).write_bytes(b"x")
    assert settle(place, importer(place, drop)) == []


def test_the_good_lines_of_a_partly_bad_file_are_stored_and_the_whole_file_is_kept_with_the_reason(
    place: Yard, drop: Path
) -> None:
    station, importing = place.station(), importer(place, drop)
    bad = (FILES / "commas.txt").read_bytes()
    name = "HON-DAT_20261126083000.txt"
    (drop / name).write_bytes(bad)
    assert settle(place, importing) == [(5, ["comma"])]
    assert len(place.lines(station)) == 5
    assert (drop / "rejected" / name).read_bytes() == bad
    reason = (drop / "rejected" / f"{name}.reason").read_text()
    assert "HON-DAT_20261126083000.txt: đã lưu 5 dòng, không nhận 1 dòng." in reason
    assert "Dòng 3: Giá trị '7,81' dùng dấu phẩy." in reason
    assert "Line 3: The value '7,81' has a comma. Write decimals after a point, as in 7.5." in reason
    (drop / name).write_bytes(bad.replace(b"7,81", b"7.81"))
    assert settle(place, importing) == [(6, [])]
    assert len(place.lines(station)) == 6


@pytest.mark.parametrize("name", ["utf16.txt", "latin.txt", "semicolons.txt", "empty.txt"])
def test_a_file_that_cannot_be_read_stores_nothing_and_is_not_lost(place: Yard, drop: Path, name: str) -> None:
    station, data = place.station(), (FILES / name).read_bytes()
    (drop / "HON-DAT_20261126083000.txt").write_bytes(data)
    [(taken, faults)] = settle(place, importer(place, drop))
    assert taken == 0 and faults
    assert place.lines(station) == []
    assert (drop / "rejected/HON-DAT_20261126083000.txt").read_bytes() == data


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("GIONG-RIENG_20261126083000.txt", "unknown", "Không có trạm nào mang mã GIONG-RIENG."),
        ("du lieu.txt", "name", "Tên tệp không theo mẫu {station}_{time}.txt."),
    ],
)
def test_a_file_of_nobody_says_what_to_do(place: Yard, drop: Path, name: str, code: str, words: str) -> None:
    place.station()
    (drop / name).write_bytes((FILES / "good.txt").read_bytes())
    assert settle(place, importer(place, drop)) == [(0, [code])]
    assert words in (drop / "rejected" / f"{name}.reason").read_text()


def test_the_same_file_again_changes_nothing_and_another_value_never_overwrites(place: Yard, drop: Path) -> None:
    station, importing = place.station(), importer(place, drop)
    for value, expected in ((5.0, (1, [])), (5.0, (1, [])), (6.0, (0, ["stored_otherwise"]))):
        (drop / "HON-DAT_20261126083000.txt").write_bytes(file_of(line(value=value)))
        assert settle(place, importing) == [expected]
    assert [row.value for row in place.lines(station)] == [5.0]
    assert len(kept(drop)) == 4


def test_a_database_that_refuses_leaves_the_file_where_it_is(place: Yard, drop: Path) -> None:
    place.station()
    (drop / "HON-DAT_20261126083000.txt").write_bytes(file_of(line()))
    with place.database.write() as session:
        session.execute(sa.text("DROP TABLE station_values"))
    with pytest.raises(DBAPIError):
        settle(place, importer(place, drop))
    assert kept(drop) == ["HON-DAT_20261126083000.txt"]


def test_a_file_of_any_size_is_refused_in_few_words(place: Yard, drop: Path) -> None:
    place.station()
    (drop / "HON-DAT_20261126083000.txt").write_bytes(b"DO;5.0;mg/L;20261126083000;00\r\n" * 1000)
    (drop / "HON-DAT_20261126083500.txt").write_bytes(b"x" * 4_000_001)
    assert {codes[0] for _, codes in settle(place, importer(place, drop))} == {"separator", "large"}
    reason = (drop / "rejected/HON-DAT_20261126083000.txt.reason").read_text()
    assert "Và 900 dòng nữa." in reason and len(reason) < 40_000


def test_files_are_forgotten_after_thirty_days_and_values_are_not(place: Yard, drop: Path) -> None:
    station, importing = place.station(), importer(place, drop)
    (drop / "HON-DAT_20261126083000.txt").write_bytes(file_of(line()))
    settle(place, importing)
    place.now_s += 31 * 86400
    importing.step()
    assert kept(drop) == [] and len(place.lines(station)) == 1


# What counts


def test_calibration_and_errors_never_count_as_values_and_old_lines_are_not_news(place: Yard) -> None:
    station = place.station()
    place.store(station, line(value=5.0), line(value=9.0, at=NOW_S + 300, status="01"))
    place.store(station, line(value=None, at=NOW_S + 600, status="02"), line(value=2.0, at=NOW_S - 300))
    with place.database.read() as session:
        [row] = repository.latest(session, [station])[station]
        assert (row.at, row.status, row.good_at, row.good_value) == (NOW_S + 600, "02", NOW_S, 5.0)
        [low, high] = repository.series(session, station, "DO", NOW_S - 600, NOW_S + 1200, 6)
        assert (low.mean, high.mean) == (2.0, 5.0)


def test_completeness_counts_cycles_until_now_for_each_parameter_ever_sent(place: Yard) -> None:
    begin = NOW_S - 3600
    station = place.station(created_at=begin)
    place.store(station, *(line(at=begin + 300 * number) for number in range(12)))
    place.store(station, *(line("pH", 8.0, begin + 300 * number, "01" if number > 3 else "00") for number in range(6)))
    place.store(station, line("TSS", 40.0, NOW_S - 40 * 86400))
    with place.database.read() as session:
        found = completeness(session, session.get_one(Station, station), 2026, 11, NOW_S)
    assert found == [
        Complete(symbol="DO", expected=12, received=12, good=12),
        Complete(symbol="TSS", expected=12, received=0, good=0),
        Complete(symbol="pH", expected=12, received=6, good=4),
    ]
    assert [round(row.share, 2) for row in found] == [1.0, 0.0, 0.33]


def test_a_station_that_reports_twice_a_cycle_is_not_more_than_complete(place: Yard) -> None:
    station = place.station(interval_s=3600, created_at=NOW_S - 86400)
    place.store(station, *(line(at=NOW_S - 86400 + 1800 * number) for number in range(48)))
    with place.database.read() as session:
        [found] = completeness(session, session.get_one(Station, station), 2026, 11, NOW_S)
    assert found.expected == 24 and found.share == 1.0


# Limits


def flags(place: Yard, station: int) -> list[tuple[str, str, float, bool]]:
    with place.database.write() as session:
        judge(session, session.get_one(Station, station), place.now_s)
    with place.database.read() as session:
        found = repository.flags(session, station, 10)
    return [(flag.symbol, flag.bound, flag.value, flag.closed_at is None) for flag in found]


def test_a_flag_stands_while_the_newest_value_is_beyond_the_limit(place: Yard) -> None:
    station = place.station(preset="qcvn-02-19-2014")
    for number, (value, expected) in enumerate(
        [
            (5.0, []),
            (3.4, [("DO", "low", 3.4, True)]),
            (2.9, [("DO", "low", 2.9, True)]),
            (3.5, [("DO", "low", 2.9, False)]),
        ]
    ):
        place.store(station, line(value=value, at=NOW_S + 300 * number))
        assert flags(place, station) == expected
    place.store(station, line(value=1.0, at=NOW_S - 600), line(value=1.0, at=NOW_S + 1200, status="01"))
    assert flags(place, station) == [("DO", "low", 2.9, False)]


def test_air_is_judged_by_the_mean_of_its_hours_and_only_with_enough_of_them(place: Yard) -> None:
    station = place.station("KK-1", kind="air", preset="qcvn-05-2023")
    place.store(station, *(line("SO2", 400.0, NOW_S + 300 * number, unit="µg/Nm3") for number in range(8)))
    assert flags(place, station) == []
    place.store(station, line("SO2", 400.0, NOW_S + 2400, unit="µg/Nm3"))
    assert flags(place, station) == [("SO2", "high", 400.0, True)]


def test_presets_hold_from_their_day_and_only_for_the_same_unit() -> None:
    air = presets()["qcvn-05-2023"]
    year_s = 365 * 86400
    assert [limit.high for limit in air.limits_of("PM2,5", "µg/m3", NOW_S - year_s)] == [50.0]
    assert [limit.high for limit in air.limits_of("PM2,5", "µg/m3", NOW_S)] == [45.0]
    assert air.limits_of("PM2,5", "µg/m3", NOW_S - 10 * year_s) == []
    assert air.limits_of("SO2", "ppm", NOW_S) == []
    assert same_unit("oC", "°C") and same_unit("ppt", "‰") and not same_unit("mg/L", "µg/L")


# Through a gateway


def samples(place: Yard, *numbers: int) -> None:
    with place.database.write() as session:
        for first in range(0, len(numbers), 100):
            made = [sample(n, taken_at=NOW_S + 10 * n) for n in numbers[first : first + 100]]
            telemetry.store(session, "g1", parse_rows(rows(*made)), place.now_s)


def test_a_station_at_a_gateway_reports_the_mean_of_each_ended_cycle_once(place: Yard) -> None:
    station = place.station(gateway_id="g1", node="n1")
    watched = GatewayStations(place.database, place.wall, place.wall)
    samples(place, *range(30))
    place.now_s = NOW_S + 310
    watched.step()
    assert place.lines(station) == []
    place.now_s = NOW_S + 316
    watched.step()
    watched.step()
    assert place.lines(station) == [line("DO", 5.45, NOW_S + 300), line("Temp", 29.0, NOW_S + 300, unit="°C")]


def test_a_probe_that_is_calibrated_or_fails_is_told_by_the_status_and_never_by_a_value_that_counts(
    place: Yard,
) -> None:
    station = place.station(gateway_id="g1", node="n1")
    readings = [["do_mg_l", 9.0, 1, 9], ["temperature_c", None, 2, 2], ["ph", 8.0, 0, 0], ["current_a", 5.0, 0, 0]]
    with place.database.write() as session:
        telemetry.store(session, "g1", parse_rows(rows(sample(1, taken_at=NOW_S + 10, readings=readings))), NOW_S)
    place.now_s = NOW_S + 316
    GatewayStations(place.database, place.wall, place.wall).step()
    assert place.lines(station) == [
        line("DO", 9.0, NOW_S + 300, "01"),
        line("Temp", None, NOW_S + 300, "02", "°C"),
        line("pH", 8.0, NOW_S + 300, unit="-"),
    ]
    with place.database.read() as session:
        assert [row.good_value for row in repository.latest(session, [station])[station]] == [None, None, 8.0]


def test_what_a_gateway_sends_late_still_becomes_the_station_s(place: Yard) -> None:
    station = place.station(gateway_id="g1", node="n1")
    watched = GatewayStations(place.database, place.wall, place.wall)
    place.now_s = NOW_S + 86400
    watched.step()
    samples(place, *range(30))
    place.now_s += 3600
    watched.step()
    assert {row.at for row in place.lines(station)} == {NOW_S + 300}


# Sent on


def exporter(
    place: Yard, station: int, target: FolderTarget | FtpTarget, symbols: dict[str, str] | None = None
) -> Exporter:
    export = Export(
        id="so",
        source=of_station(station),
        code="AG-1",
        names=FileName(),
        every_s=300,
        target=target,
        symbols=symbols or {},
    )
    return Exporter(place.database, export, place.folder / "spool", place.wall, place.wall)


def measure(place: Yard, station: int, *cycles: int) -> None:
    place.store(station, *(line(value=5.0 + number, at=NOW_S + 300 * number) for number in cycles))


def names(*cycles: int) -> list[str]:
    return [f"AG-1_{stamp(NOW_S + 300 * number)}.txt" for number in cycles]


def test_each_cycle_is_a_file_twenty_seconds_after_its_end(place: Yard, drop: Path) -> None:
    station = place.station()
    sends = exporter(place, station, FolderTarget(drop), {"DO": "Oxy"})
    place.now_s = NOW_S + 25
    sends.step()
    place.store(station, line(value=5.0, at=NOW_S + 150), line(value=6.0, at=NOW_S + 300))
    place.store(station, line("TSS", 40.0, NOW_S + 300, "01"), line("NH4", None, NOW_S + 300, "02"))
    place.now_s = NOW_S + 319
    assert sends.step() == 0
    place.now_s = NOW_S + 320
    assert sends.step() == 1
    at = f"{stamp(NOW_S + 300)}"
    assert (drop / names(1)[0]).read_bytes() == (
        f"NH4\t\tmg/L\t{at}\t02\r\nOxy\t5.5\tmg/L\t{at}\t00\r\nTSS\t40.0\tmg/L\t{at}\t01\r\n".encode()
    )
    assert sends.step() == 0


def test_after_an_outage_everything_is_sent_in_order_and_nothing_twice(place: Yard, drop: Path) -> None:
    station, away = place.station(), drop.with_name("away")
    sends = exporter(place, station, FolderTarget(drop))
    place.now_s = NOW_S + 25
    sends.step()
    drop.rename(away)
    for cycle in range(1, 5):
        measure(place, station, cycle)
        place.now_s = NOW_S + 300 * cycle + 20
        assert sends.step() == 0
    away.rename(drop)
    place.now_s += 600
    assert sends.step() == 4
    assert kept(drop) == names(1, 2, 3, 4)
    assert exporter(place, station, FolderTarget(drop)).step() == 0


def test_a_cloud_that_was_down_writes_what_it_missed(place: Yard, drop: Path) -> None:
    station = place.station()
    place.now_s = NOW_S + 25
    exporter(place, station, FolderTarget(drop)).step()
    measure(place, station, *range(-3, 40))
    place.now_s = NOW_S + 300 * 50
    assert exporter(place, station, FolderTarget(drop)).step() == 40
    assert kept(drop) == names(*range(40))


def test_what_was_sent_stays_thirty_days_and_what_was_not_stays_until_it_is(place: Yard, drop: Path) -> None:
    station = place.station()
    sends = exporter(place, station, FolderTarget(drop))
    measure(place, station, 0)
    place.now_s = NOW_S + 25
    assert sends.step() == 1
    drop.rename(drop.with_name("away"))
    measure(place, station, 1)
    place.now_s = NOW_S + 330
    sends.step()
    place.now_s += 31 * 86400
    sends.step()
    assert kept(place.folder / "spool") == ["begun", f"waiting/{stamp(NOW_S + 300)}"]


def test_a_pond_is_exported_as_a_station_is(place: Yard) -> None:
    samples(place, *range(60))
    with place.database.read() as session:
        found = of_node("g1", "n1")(session, 300, int(NOW_S + 300), int(NOW_S + 600))
    assert {end: [(row.symbol, row.value) for row in lines] for end, lines in found.items()} == {
        NOW_S + 300: [("DO", 5.45), ("Temp", 29.0)],
        NOW_S + 600: [("DO", 8.45), ("Temp", 29.0)],
    }


def test_files_reach_an_ftp_server_whole_and_again_in_order_after_its_disk_was_full(place: Yard, drop: Path) -> None:
    station = place.station()
    with running(FtpServer(drop)) as server:
        (drop / "vao").mkdir()
        sends = exporter(place, station, FtpTarget(f"ftp://tram@127.0.0.1:{server.port}/vao", PASSWORD))
        measure(place, station, *range(6))
        server.refuses_after = 2
        place.now_s = NOW_S + 25
        sends.step()
        place.now_s = NOW_S + 1600
        assert sends.step() == 1
        server.refuses_after = -1
        place.now_s += 29
        assert sends.step() == 0
        place.now_s += 1
        assert sends.step() == 4
        assert server.received == names(*range(6))
        assert parse((drop / names(5)[0]).read_bytes(), place.now_s).lines == [(1, line(value=10.0, at=NOW_S + 1500))]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert]
    name = ["-days", "2", "-subj", "/CN=tram", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", *kind, *name], check=True, capture_output=True)
    return folder


def test_over_tls_password_and_files_are_hidden_and_a_stranger_s_server_gets_neither(
    place: Yard, drop: Path, certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with running(FtpServer(drop, context)) as server:
        address = f"ftps://tram@127.0.0.1:{server.port}"
        with FtpTarget(address, PASSWORD, certificate / "cert.pem").open() as put:
            put("a.txt", b"1")
            put("a.txt", b"2")
        assert (drop / "a.txt").read_bytes() == b"2"
        assert "AUTH" in server.heard and "PROT" in server.heard
        server.heard.clear()
        with pytest.raises(TargetDown, match="certificate"), FtpTarget(address, PASSWORD).open():
            pass
        assert "PASS" not in server.heard


def test_a_wrong_password_and_a_server_that_is_not_there_are_told_apart(drop: Path) -> None:
    with running(FtpServer(drop)) as server:
        address = f"ftp://tram@127.0.0.1:{server.port}"
        wrong = FtpTarget(address, "no")
        with pytest.raises(TargetDown, match="530"):
            wrong.open().__enter__()
    with pytest.raises(TargetDown, match="refused"):
        FtpTarget(address, PASSWORD).open().__enter__()


# stations.toml


def test_settings_say_where_they_are_wrong(tmp_path: Path) -> None:
    path = tmp_path / "stations.toml"
    assert read_station_settings(path).export == []
    path.write_text('[[export]]\nid = "so"\nstation = "HON-DAT"\ncode = "AG-1"\ntarget = "/srv/out"\n')
    assert read_station_settings(path).export[0].every_minutes == 5
    path.write_text('[[export]]\nid = "so"\ncode = "AG-1"\ntarget = "/srv/out"\n')
    with pytest.raises(SettingsError, match=r"stations.toml: export.0: .*name either"):
        read_station_settings(path)
    path.write_text('[[import]]\nfolder = "x"\nnames = "{station}.txt"\n')
    with pytest.raises(SettingsError, match=r"stations.toml: import.0"):
        read_station_settings(path)
