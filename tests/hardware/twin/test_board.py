"""Proves that virtual boards behave like ESP32 boards under the real mpremote."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from hardware.twin.board import Board, CutMode, Rack, ResetCause
from hardware.twin.board.shared import BoardState
from tests.hardware.twin.conftest import MakeBoard, Peer, mpremote, run_code, wait_for

DEMO = (Path(__file__).parent / "demo_main.py").read_text()
IDLE_DEMO = """
import asyncio
from machine import UART
async def main():
    stream = asyncio.StreamReader(UART(1, 9600))
    while True:
        data = await stream.read(64)
        if data:
            stream.write(data)
            await stream.drain()
asyncio.run(main())
"""


def processor_seconds(process_id: int | None) -> float:
    """Return user and system time of a process."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_alive(process_id: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def blinks(board: Board, pin: int = 2) -> bool:
    """Wait until the pin has changed its level."""
    before = board.level(pin)
    wait_for(lambda: board.level(pin) != before)
    return True


def has_booted(board: Board, times: int) -> bool:
    """Return whether the board has booted that often."""
    return board.status.boots >= times


# mpremote


def test_files_travel_both_ways(make_board: MakeBoard, tmp_path: Path) -> None:
    board = make_board(DEMO)
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    content = bytes(range(256)) * 80
    (tree / "sub" / "data.bin").write_bytes(content)
    mpremote(board, "cp", "-r", str(tree), ":")
    assert "main.py" in mpremote(board, "ls")
    assert hashlib.sha256(content).hexdigest() in mpremote(board, "sha256sum", ":tree/sub/data.bin")
    mpremote(board, "cp", ":tree/sub/data.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == content
    assert "shim" not in mpremote(board, "tree")


def test_run_and_soft_reset(make_board: MakeBoard, tmp_path: Path) -> None:
    board = make_board(DEMO)
    script = tmp_path / "script.py"
    script.write_text("import machine\nprint('cause', machine.reset_cause())")
    assert "cause 5" in mpremote(board, "run", str(script))
    mpremote(board, "soft-reset")


def test_reset_brings_main_back(make_board: MakeBoard) -> None:
    board = make_board(DEMO)
    assert blinks(board)
    for _ in range(5):
        wanted = board.status.boots + 2  # mpremote resets softly before it resets
        mpremote(board, "reset")
        wait_for(partial(has_booted, board, wanted))
        assert board.status.last_exit == "machine.reset"
        assert blinks(board)


def test_busy_loop_is_interrupted(make_board: MakeBoard) -> None:
    board = make_board("while True: pass")
    for number in range(10):
        assert run_code(board, f"print({number})") == str(number)
        board.reset()


def test_interrupted_main_stays_in_the_repl(make_board: MakeBoard) -> None:
    board = make_board(DEMO)
    assert blinks(board)
    boots = board.status.boots
    assert mpremote(board, "resume", "exec", "print(6*7)").strip() == "42"
    assert board.status.boots == boots


def test_output_without_client_does_not_block(make_board: MakeBoard) -> None:
    board = make_board(
        "from machine import Pin\nlamp = Pin(2, Pin.OUT)\nfor _ in range(20000): print('x' * 50)\nlamp.on()"
    )
    wait_for(lambda: board.level(2), 10)


def test_output_to_stalled_client_does_not_block(make_board: MakeBoard) -> None:
    board = make_board(
        "from machine import Pin\nlamp = Pin(2, Pin.OUT)\nfor _ in range(20000): print('x' * 50)\nlamp.on()"
    )
    client = os.open(board.usb, os.O_RDWR | os.O_NOCTTY)
    board.reset()
    wait_for(lambda: board.level(2), 10)
    os.close(client)


def test_large_output_is_complete(make_board: MakeBoard) -> None:
    board = make_board()
    assert len(run_code(board, "for _ in range(1500): print('x' * 99)")) >= 1500 * 99


# Heap


@pytest.mark.parametrize(("heap_size", "least"), [("110k", 92000), ("64k", 45000)])
def test_heap_limit(make_board: MakeBoard, heap_size: str, least: int) -> None:
    board = make_board(heap_size=heap_size)
    free = int(run_code(board, "import gc; gc.collect(); print(gc.mem_free())"))
    assert least < free < int(heap_size[:-1]) * 1024


# Pins, ADC, I2C, RTC


def test_pins(make_board: MakeBoard) -> None:
    board = make_board()
    board.set_level(4, 1)
    code = (
        "from machine import Pin; a = Pin(4, Pin.IN); b = Pin(5, Pin.OUT, value=1);"
        "c = Pin(6, Pin.OUT, value=1, hold=True); c.off(); print(a.value(), b(), c.value())"
    )
    assert run_code(board, code) == "1 1 1"
    assert (board.level(5), board.level(6)) == (1, 1)
    board.reset()
    assert (board.level(4), board.level(5), board.level(6)) == (1, 0, 1)
    board.power_cut()
    assert (board.level(4), board.level(5), board.level(6)) == (0, 0, 0)


def test_signal_inverts_a_pin(make_board: MakeBoard) -> None:
    board = make_board()
    run_code(board, "from machine import Pin, Signal; Signal(Pin(7, Pin.OUT), invert=True).off()")
    assert board.level(7) == 1


def test_adc(make_board: MakeBoard) -> None:
    board = make_board()
    board.set_adc_uv(34, 550_000)
    code = "from machine import ADC, Pin; a = ADC(Pin(34)); print(a.read_uv(), a.read_u16())"
    assert run_code(board, code) == "550000 32767"


def test_i2c(make_board: MakeBoard) -> None:
    board = make_board()
    board.i2c_set(0x48, 1, b"\x85\x83", width=2)
    code = (
        "from machine import I2C, Pin; i = I2C(0, scl=Pin(22), sda=Pin(21)); print(i.scan());"
        "i.writeto_mem(0x48, 0, b'\\x12\\x34'); print(i.readfrom_mem(0x48, 1, 2))\n"
        "try: i.readfrom_mem(0x49, 0, 1)\nexcept OSError as error: print(error.errno)"
    )
    assert run_code(board, code).splitlines() == ["[72]", "b'\\x85\\x83'", "19"]
    assert board.i2c_get(0x48, 0, 2) == b"\x12\x34"


def test_rtc_memory_survives_reset_only(make_board: MakeBoard) -> None:
    board = make_board()
    read = "import machine; print(machine.RTC().memory())"
    run_code(board, "import machine; machine.RTC().memory(b'kept')")
    board.reset()
    assert run_code(board, read) == "b'kept'"
    board.power_cut()
    board.power_on()
    assert run_code(board, read) == "b''"


def test_reset_runs_no_finally(make_board: MakeBoard) -> None:
    board = make_board(
        "import machine\nfrom machine import Pin\n"
        "if machine.reset_cause() == machine.PWRON_RESET:\n"
        "    try: machine.reset()\n"
        "    finally: Pin(9, Pin.OUT, value=1, hold=True)\n"
        "Pin(8, Pin.OUT, value=1)"
    )
    board.power_cut()
    board.power_on()
    wait_for(lambda: board.level(8))
    assert board.level(9) == 0
    assert board.status.last_exit == "machine.reset"
    assert board.status.reset_cause == ResetCause.HARD_RESET


# Watchdog


def test_watchdog_resets_a_hung_board(make_board: MakeBoard) -> None:
    board = make_board(
        "import machine, time\nif machine.reset_cause() != machine.WDT_RESET:\n"
        "    watchdog = machine.WDT(timeout=300)\n"
        "    for _ in range(10): watchdog.feed(); time.sleep_ms(100)\n"
        "    while True: pass"
    )
    time.sleep(0.9)
    assert board.status.last_exit == "reset button"
    wait_for(lambda: board.status.reset_cause == ResetCause.WDT_RESET, 3)
    assert run_code(board, "import machine; print(machine.reset_cause())") == "5"


# UART


def test_uart_echo_and_idle(make_board: MakeBoard) -> None:
    board = make_board(IDLE_DEMO)
    peer = Peer(board, 1)
    board.reset()
    wait_for(lambda: board.status.running)
    time.sleep(0.3)
    peer.write(b"hello")
    assert peer.read(5) == b"hello"
    before = processor_seconds(board.status.process_id)
    time.sleep(2)
    assert processor_seconds(board.status.process_id) - before <= 0.01
    peer.close()


def test_uart_survives_hang_up_and_reopens(make_board: MakeBoard) -> None:
    board = make_board(IDLE_DEMO)
    time.sleep(0.3)
    boots = board.status.boots
    for _ in range(5):
        peer = Peer(board, 1)
        time.sleep(0.1)
        peer.write(b"abc")
        assert peer.read(3) == b"abc"
        peer.close()
        time.sleep(0.05)
    before = processor_seconds(board.status.process_id)
    time.sleep(1)
    assert processor_seconds(board.status.process_id) - before <= 0.01
    assert board.status.boots == boots


def test_uart_calls(make_board: MakeBoard) -> None:
    board = make_board()
    peer = Peer(board, 2)
    code = (
        "from machine import UART; import time; u = UART(2, 9600, timeout=500, rxbuf=16);"
        "print(u.write(b'go'), u.read(4), u.any(), u.readline(), u.txdone());"
        "b = bytearray(40); print(u.readinto(b), b[:20]); u.init(9600); print(u.read(), u.any())"
    )
    program = subprocess.Popen(
        [sys.executable, "-m", "mpremote", "connect", board.usb, "exec", code],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert peer.read(2, 5) == b"go"
    peer.write(b"abcdef\n" + b"z" * 20)
    output, _ = program.communicate(timeout=10)
    assert output.split("\n")[0].startswith("2 b'abcd' ")
    assert "b'ef\\n' True" in output
    assert "20 bytearray(b'zzzzzzzzzzzzzzzzzzzz')" in output
    assert output.strip().endswith("None 0")
    peer.close()


def test_uart_without_reader_loses_bytes(make_board: MakeBoard) -> None:
    board = make_board()
    peer = Peer(board, 1)
    code = "from machine import UART; u = UART(1);print([u.write(bytes(1000)) for _ in range(200)][-1])"
    assert run_code(board, code) == "1000"
    peer.close()


# Power, processes


def replace_file(content: str) -> str:
    """Return code that replaces /c by way of a rename."""
    return f"import os; f = open('/c.tmp', 'wb'); f.write({content}); f.close();os.rename('/c.tmp', '/c')"


def start_code(board: Board, code: str) -> None:
    """Start code on the board without waiting for its end."""
    mpremote(board, "exec", "--no-follow", code)


@pytest.mark.parametrize(("every", "modes_at_each"), [(3, 1), pytest.param(1, len(CutMode), marks=pytest.mark.soak)])
def test_power_cut_in_flash_keeps_old_or_new(make_board: MakeBoard, every: int, modes_at_each: int) -> None:
    board = make_board()
    run_code(board, replace_file("b'A' * 3000"))
    before = board.flash_operations()
    run_code(board, replace_file("b'A' * 3000"))
    needed = board.flash_operations() - before
    assert needed > 3
    modes = list(CutMode)
    for operation in range(1, needed + 1, every):
        for mode in [modes[(operation + turn) % len(modes)] for turn in range(modes_at_each)]:
            board.cut_power_after(operation, mode)
            start_code(board, replace_file("b'B' * 3000"))
            wait_for(lambda: not board.status.running)
            assert board.status.last_exit == "power cut in flash operation"
            board.power_on()
            content = run_code(board, "print(open('/c').read())")
            assert content in ("A" * 3000, "B" * 3000)
            run_code(board, replace_file("b'A' * 3000"))


def test_stop_leaves_nothing(make_board: MakeBoard, rack: Rack, tmp_path: Path) -> None:
    board = Board(rack, tmp_path / "other")
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        board.start()
        process_id = board.status.process_id
        port = board.usb
        time.sleep(0.1)
        board.stop()
        assert process_id is not None and not is_alive(process_id)
        assert not Path(port).exists()
        assert not (board.directory / "usb").is_symlink()
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_many_boards_in_one_process(make_board: MakeBoard) -> None:
    boards = [make_board(DEMO) for _ in range(8)]
    assert all(blinks(board) for board in boards)


def test_firmware_dies_with_its_supervisor(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from hardware.twin.board import Board, Rack\n"
        f"with Rack() as rack:\n    board = Board(rack, Path({str(tmp_path)!r}) / 'b')\n"
        "    board.start()\n    time.sleep(0.5)\n"
        "    print(board.status.process_id, flush=True)\n    time.sleep(60)"
    )
    directory = tmp_path / "b"
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    process_id = int(supervisor.stdout.readline())
    assert is_alive(process_id)
    assert terminal_of(process_id) != 0
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    wait_for(lambda: not is_alive(process_id), 2)
    assert directory.exists()


def terminal_of(process_id: int) -> int:
    """Return the device number of a process's controlling terminal."""
    return int(Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[4])


def test_firmware_busy_loop_dies_with_its_supervisor(make_board: MakeBoard, rack: Rack) -> None:
    board = make_board("while True: pass")
    time.sleep(0.2)
    process_id = board.status.process_id
    assert process_id is not None and terminal_of(process_id) != 0
    with rack.lock:
        board._console.disconnect()  # closes the master, as the death of the supervisor does
        wait_for(lambda: not is_alive(process_id), 5.0)


def test_state_file_survives_reopening(tmp_path: Path) -> None:
    state = BoardState(tmp_path / "pins.bin")
    state.set_word(300, 123456)
    state.close()
    assert BoardState(tmp_path / "pins.bin").word(300) == 123456
