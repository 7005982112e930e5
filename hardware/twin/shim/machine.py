"""The machine module of an ESP32 on top of files shared with the supervisor."""

import io
import select
import termios

from _board import (
    ADC as _ADC,
)
from _board import (
    FLAGS,
    REQUEST_RESET,
    RESET_CAUSE,
    UART_WAITING,
    UNIQUE_ID,
    WDT_FEEDS,
    WDT_TIMEOUT,
    host,
    park,
    read_byte,
    read_word,
    state,
    write_byte,
    write_word,
)
from _bus import exchange
from micropython import const
from umachine import *
from umachine import PinBase

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_PINS = const(48)
_FLAG_OUTPUT = const(1)
_FLAG_HOLD = const(2)
_ENODEV = const(19)
_EINVAL = const(22)
_STREAM_CLOSE = const(4)
_STREAM_GET_FILENO = const(10)
_VTIME = const(5)
_VMIN = const(6)
_WRITE_CHUNK = const(256)
_RTC_SIZE = const(2048)
_PLAYED = const(255)
_TRANSFER = const(1)


class Pin(PinBase):
    """One GPIO: a level byte and a flag byte in the state file."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        if not 0 <= id < _PINS:
            raise ValueError("invalid pin")
        self.id = id
        self._latched = None
        self.init(mode, pull, value=value, drive=drive, hold=hold)

    def init(self, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        """Configure the pin; arguments left out keep their setting. A level set under a hold shows when it ends."""
        if hold is not None:
            self._set_flag(_FLAG_HOLD, False)
            if self._latched is not None:
                self.value(self._latched)
                self._latched = None
        if mode != -1:
            self._set_flag(_FLAG_OUTPUT, mode != Pin.IN)
        if value is not None:
            self.value(value)
        if hold:
            self._set_flag(_FLAG_HOLD, True)

    def value(self, level=None):
        """Return the level, or drive it unless the pad is held."""
        if level is None:
            return read_byte(self.id)
        flags = read_byte(FLAGS + self.id)
        if flags & _FLAG_HOLD:
            self._latched = level
        elif flags & _FLAG_OUTPUT:
            write_byte(self.id, 1 if level else 0)

    __call__ = value

    def on(self):
        """Drive the pin high."""
        self.value(1)

    def off(self):
        """Drive the pin low."""
        self.value(0)

    def _set_flag(self, flag, wanted):
        flags = read_byte(FLAGS + self.id)
        write_byte(FLAGS + self.id, flags | flag if wanted else flags & ~flag)


class ADC:
    """Analogue input; the supervisor stores the microvolts at the pin."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    _FULL_SCALE = (1100000, 1467000, 2195000, 3300000)

    def __init__(self, pin, atten=0):
        self._offset = _ADC + 4 * (pin if isinstance(pin, int) else pin.id)
        self.atten(atten)

    def atten(self, atten):
        """Choose the input range."""
        self._range = ADC._FULL_SCALE[atten]

    def read_uv(self):
        """Return the voltage in microvolts, limited to the input range."""
        return min(read_word(self._offset), self._range)

    def read_u16(self):
        """Return the voltage as a fraction of the input range."""
        return self.read_uv() * 65535 // self._range


class I2C:
    """Register files, or devices played by the supervisor; a device's first byte is its register width, 0 if absent."""

    def __init__(self, id=-1, *, scl=None, sda=None, freq=400000, timeout=50000):
        self._file = host.open("/i2c.bin", "r+b")

    def scan(self):
        """Return the addresses that acknowledge."""
        return [address for address in range(8, 120) if self._width(address)]

    def readfrom_mem(self, address, register, size, *, addrsize=8):
        """Return bytes from a register on."""
        data = bytearray(size)
        self.readfrom_mem_into(address, register, data)
        return bytes(data)

    def readfrom_mem_into(self, address, register, buffer, *, addrsize=8):
        """Fill a buffer from a register on."""
        if self._width(address) == _PLAYED:
            exchange(_TRANSFER, address, bytes((register,)), buffer)
            return
        self._seek(address, register)
        self._file.readinto(buffer)

    def writeto_mem(self, address, register, buffer, *, addrsize=8):
        """Write bytes from a register on."""
        if self._width(address) == _PLAYED:
            exchange(_TRANSFER, address, bytes((register,)) + bytes(buffer), b"")
            return
        self._seek(address, register)
        self._file.write(buffer)

    def readfrom_into(self, address, buffer, stop=True):
        """Fill a buffer from a played device."""
        self._transfer(address, b"", buffer)

    def writeto(self, address, buffer, stop=True):
        """Write bytes to a played device; return how many it took."""
        self._transfer(address, buffer, b"")
        return len(buffer)

    def _transfer(self, address, data, answer):
        if self._width(address) != _PLAYED:
            raise OSError(_ENODEV)
        exchange(_TRANSFER, address, data, answer)

    def _width(self, address):
        self._file.seek(address)
        return self._file.read(1)[0]

    def _seek(self, address, register):
        width = self._width(address)
        if not width:
            raise OSError(_ENODEV)
        self._file.seek(128 + 256 * address + register * width)


class UART(io.IOBase):
    """Serial port on a host pty; while the pty is missing the line is just silent."""

    def __init__(self, id, baudrate=115200, bits=8, parity=None, stop=1, **options):
        self._id = id
        self._quiet = host.open("/uart%d.quiet" % id, "r+b")
        self._poll = select.poll()
        self._line = None
        self._buffer = bytearray(0)
        self.init(baudrate, bits, parity, stop, **options)

    def init(self, baudrate=115200, bits=8, parity=None, stop=1, **options):
        """Open the line with an empty receive buffer."""
        self.deinit()
        self._timeout = options.get("timeout", 0)
        self._timeout_char = options.get("timeout_char", 0)
        self._buffer = bytearray(options.get("rxbuf", 256))
        self._count = 0
        self._open()

    def deinit(self):
        """Close the line."""
        if self._line is not None:
            self._poll.unregister(self._line)
            self._line.close()
            self._line = None

    def any(self):
        """Return the number of bytes that can be read at once."""
        self._fill(0)
        return self._count

    def read(self, size=-1):
        """Return up to size bytes, or None when nothing came in time."""
        data = bytearray(len(self._buffer) if size < 0 else size)
        got = self.readinto(data)
        return None if got is None else bytes(memoryview(data)[:got])

    def readinto(self, buffer, size=-1):
        """Fill the buffer; return the number of bytes, or None when nothing came in time."""
        size = len(buffer) if size < 0 else min(size, len(buffer))
        got = 0
        while got < size and self._fill(self._timeout_char if got else self._timeout):
            got += self._take(buffer, got, size - got)
        return got or None

    def readline(self):
        """Return bytes up to a newline, or what came in time, or None."""
        line = b""
        while not line.endswith(b"\n"):
            byte = self.read(1)
            if byte is None:
                break
            line += byte
        return line or None

    def write(self, data):
        """Send the bytes; they vanish when nobody takes them."""
        data = memoryview(data.encode() if isinstance(data, str) else data)
        for start in range(0, len(data), _WRITE_CHUNK):
            if self._is_ready(select.POLLOUT, 0):
                self._line.write(data[start : start + _WRITE_CHUNK])
        return len(data)

    def flush(self):
        """Return when all bytes are sent, which is at once."""

    def txdone(self):
        """Return whether all bytes are sent."""
        return True

    def ioctl(self, request, argument):
        """Give pollers a descriptor to sleep on."""
        if request == _STREAM_GET_FILENO:
            return self._descriptor()
        if request == _STREAM_CLOSE:
            self.deinit()
            return 0
        return -_EINVAL

    def _descriptor(self):
        if self._count:
            return state.fileno()  # a plain file, hence always ready
        return (self._line or self._quiet).fileno()

    def _open(self):
        try:
            line = host.open("/uart%d" % self._id, "r+b")
            _set_raw(line)
        except OSError:
            write_byte(UART_WAITING + self._id, 1)
            return
        self._line = line
        self._poll.register(line)
        write_byte(UART_WAITING + self._id, 0)

    def _drain_quiet(self):
        poll = select.poll()
        poll.register(self._quiet, select.POLLIN)
        while poll.poll(0):
            self._quiet.read(1)

    def _is_ready(self, event, timeout):
        if self._line is None:
            self._drain_quiet()
            self._open()
        if self._line is None:
            return False
        self._poll.modify(self._line, event)
        for _, events in self._poll.ipoll(timeout):
            if not events & (select.POLLHUP | select.POLLERR):
                return True
            self.deinit()
            self._open()
        return False

    def _fill(self, timeout):
        if self._count < len(self._buffer) and self._is_ready(select.POLLIN, 0 if self._count else timeout):
            self._count += self._line.readinto(memoryview(self._buffer)[self._count :]) or 0
        return self._count

    def _take(self, buffer, start, size):
        size = min(size, self._count)
        buffer[start : start + size] = memoryview(self._buffer)[:size]
        self._count -= size
        self._buffer[: self._count] = self._buffer[size : size + self._count]
        return size


def _set_raw(line):
    termios.setraw(line.fileno())
    settings = termios.tcgetattr(line.fileno())
    settings[6][_VMIN] = settings[6][_VTIME] = 0
    termios.tcsetattr(line.fileno(), termios.TCSANOW, settings)


class WDT:
    """Watchdog; the supervisor resets the board when the feeds stop."""

    def __init__(self, id=0, timeout=5000):
        self.feed()
        write_word(WDT_TIMEOUT, timeout)

    def feed(self):
        """Show that the firmware is alive."""
        write_word(WDT_FEEDS, read_word(WDT_FEEDS) + 1)


class RTC:
    """Memory that survives every reset but no power cut."""

    def memory(self, data=None):
        """Return the memory, or replace it."""
        with host.open("/rtc.bin", "r+b") as file:
            if data is None:
                return file.read(int.from_bytes(file.read(2), "little"))
            if len(data) > _RTC_SIZE:
                raise ValueError("buffer too long")
            file.write(len(data).to_bytes(2, "little") + bytes(data))


def reset():
    """Reset the board; never returns and runs no finally clause."""
    park(REQUEST_RESET)


def reset_cause():
    """Return why the board started."""
    return read_byte(RESET_CAUSE)


def unique_id():
    """Return the six bytes that name this board."""
    state.seek(UNIQUE_ID)
    return state.read(6)


def freq(hertz=None):
    """Return the processor clock; setting it has no effect."""
    return 160000000 if hertz is None else None


def disable_irq():
    """Return a token; the board has no interrupts."""
    return 0


def enable_irq(token):
    """Take back the token of disable_irq."""
