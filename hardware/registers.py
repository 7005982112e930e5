# The node's Modbus register map: the one agreement between node and gateway.
#
# Read by MicroPython on the board and by CPython on the gateway, so it imports nothing. The comment behind a field is its
# description in docs/registers.md, which is generated from this file; bytecode drops it.
#
# Every block is read from its start, in one request, and begins with its own number. No two blocks share a length, nor is
# any block as long as LIVE cut after one of its channels: a reply that arrives late can never pass for another block. Nor
# for a later reading of its own: blocks whose values change can be read with one spare register more, so that the gateway
# asks for another length after each request that stayed unanswered.
# Registers are 16 bits, big-endian; types of 32 bits stand with the high word first.

MAGIC = 0x504B
MAP_VERSION = 1

ROLE_POND = 1
ROLE_PANEL = 2

MAX_CHANNELS = 8
MAX_AERATORS = 8

# What a channel measures; units and ranges in hardware/quantities.py.
QUANTITY_DO = 1
QUANTITY_DO_SATURATION = 2
QUANTITY_TEMPERATURE = 3
QUANTITY_CONDUCTIVITY = 4
QUANTITY_SALINITY = 5
QUANTITY_PH = 6
QUANTITY_CURRENT = 7

# Quality of a reading; its reason stands in the low byte of the same register.
GOOD = 0
UNCERTAIN = 1
BAD = 2

REASON_NONE = 0
REASON_NEVER_READ = 1
REASON_TIMEOUT = 2
REASON_BAD_FRAME = 3
REASON_RANGE = 4
REASON_NO_SIGNAL = 5

# Why a panel's aerators stand as they do.
PANEL_BOOT = 1
PANEL_LEASED = 2
PANEL_LEASE_LOST = 3
PANEL_COMMAND_EXPIRED = 4

# What the position of a Hand-Off-Auto switch reads as; two bits an aerator, the first aerator lowest.
HOA_OFF = 0
HOA_AUTO = 1
HOA_HAND = 2

RESET_POWER_ON = 1
RESET_HARD = 2
RESET_WATCHDOG = 3
RESET_DEEP_SLEEP = 4
RESET_SOFT = 5

# Words written to `control.action`.
ACTION_SAVE_SETTINGS = 0x5A5E
ACTION_RESET = 0xB007


class Block:
    # One run of registers: `fields`, then `repeat` times `group`, then `spare` registers. Fields are named in one string,
    # "name:type name:type ...", because a table of them would take a tenth of a node's memory.
    def __init__(
        self,
        name: str,
        number: int,
        address: int,
        fields: str,
        group: str = "",
        repeat: int = 0,
        spare: int = 0,
        writable: bool = False,
    ) -> None:
        self.name = name
        self.number = number
        self.address = address
        self.fields = fields
        self.group = group
        self.repeat = repeat
        self.spare = spare
        self.writable = writable
        self.head_length = registers_of(fields)
        self.group_length = registers_of(group)
        self.length = self.head_length + self.group_length * repeat + spare


def parse(fields: str) -> "list[tuple[str, str]]":
    # Name and type (u16, u32 or f32) of each field.
    return [tuple(field.split(":")) for field in fields.split()]  # type: ignore[misc]


def width(kind: str) -> int:
    return 1 if kind == "u16" else 2


def registers_of(fields: str) -> int:
    total = 0
    for _, kind in parse(fields):
        total += width(kind)
    return total


IDENTITY = Block(
    "identity",
    1,
    0x0000,
    (
        "block:u16 "  # number of this block, 1
        "magic:u16 "  # 0x504B, "PK"
        "map_version:u16 "  # version of this map
        "role:u16 "  # 1 pond node, 2 panel node
        "hardware_id_a:u32 "  # factory number of the chip, bytes 0 to 3
        "hardware_id_b:u32 "  # factory number of the chip, bytes 4 and 5 in the high word
        "firmware_major:u16 "  # firmware version, first number
        "firmware_minor:u16 "  # firmware version, second number
        "firmware_patch:u16 "  # firmware version, third number
        "unit_id:u16 "  # Modbus unit id in use
        "channels:u16 "  # channels in the live block
        "aerators:u16 "  # aerators wired to this panel, 0 on a pond node
        "sample_period_ms:u32 "  # time between samples
        "boot_id:u32 "  # drawn at random at each boot
    ),
)

# Slow to answer on purpose: the node waits a random slot first, so that two nodes with one unit id can both be heard.
DISCOVERY = Block(
    "discovery",
    2,
    0x0080,
    (
        "block:u16 "  # number of this block, 2
        "magic:u16 "  # 0x504B, "PK"
        "hardware_id_a:u32 "  # as in identity
        "hardware_id_b:u32 "  # as in identity
    ),
)

STATUS = Block(
    "status",
    3,
    0x0100,
    (
        "block:u16 "  # number of this block, 3
        "boot_id:u32 "  # drawn at random at each boot
        "uptime_s:u32 "  # seconds since boot
        "reset_cause:u16 "  # 1 power on, 2 hard reset, 3 watchdog, 4 deep sleep, 5 soft reset
        "free_heap_bytes:u32 "  # free memory of the interpreter
        "settings_generation:u16 "  # rises with every save, 0 when defaults are in use
        "errors_logged:u16 "  # exceptions written to the error log since boot
        "samples_made:u32 "  # samples put into the ring since boot
        "samples_unread:u32 "  # samples in the ring that nobody has acknowledged
        "samples_dropped:u32 "  # unread samples that the full ring overwrote
        "bytes_heard:u32 "  # every byte the line brought
        "bytes_discarded:u32 "  # bytes heard that were no part of a request to this unit
        "bytes_echoed:u32 "  # own bytes heard back and dropped
        "requests:u32 "  # valid requests served
        "exceptions:u32 "  # requests answered with a Modbus exception
        "crc_misses:u32 "  # frames that looked like a request to this unit but for their CRC
        "broadcasts:u32 "  # requests to unit 0, heard and left alone
        "probe_requests:u32 "  # requests sent to probes
        "probe_timeouts:u32 "  # probe requests without a reply
        "probe_bad_frames:u32 "  # probe replies dropped for CRC, unit, function or length
    ),
)

LIVE = Block(
    "live",
    4,
    0x0200,
    (
        "block:u16 "  # number of this block, 4
        "boot_id:u32 "  # drawn at random at each boot
        "sequence:u32 "  # number of the sample in this boot, from 1; 0 before the first
        "sampled_uptime_ms:u32 "  # when the sample was taken, in milliseconds of this boot, modulo 2^32
        "age_ms:u32 "  # how old the sample is
    ),
    group=(
        "quantity:u16 "  # what is measured, a code of docs/registers.md
        "value:f32 "  # in the quantity's unit; NaN when there is none
        "quality:u16 "  # high byte 0 good, 1 uncertain, 2 bad; low byte the reason
        "age_s:u16 "  # seconds since the probe gave this value, 65535 for never
    ),
    repeat=MAX_CHANNELS,
    spare=1,
)

# The window holds the oldest unread samples: a record is sequence (U32), sampled_uptime_ms (U32), then for each channel
# value (F32) and quality (U16). Records fill the window from its start; the rest is zero.
RING = Block(
    "ring",
    5,
    0x0300,
    (
        "block:u16 "  # number of this block, 5
        "boot_id:u32 "  # drawn at random at each boot
        "channels:u16 "  # channels in a record
        "records:u16 "  # records in this window
        "unread:u32 "  # samples in the ring that nobody has acknowledged
    ),
    group=(
        "record_words:u16 "  # records, packed one after another
    ),
    repeat=115,
    spare=1,
)

PANEL = Block(
    "panel",
    6,
    0x0400,
    (
        "block:u16 "  # number of this block, 6
        "reason:u16 "  # 1 booting, 2 under lease, 3 lease lost, 4 command expired
        "lease_counter:u16 "  # the counter that the gateway wrote last
        "lease_age_ms:u32 "  # time since the lease was renewed
        "wanted:u16 "  # aerators that shall run, a bit each
        "coils:u16 "  # aerators whose relay lets them run, a bit each
        "currents:u16 "  # aerators that draw current, a bit each
        "hoa:u16 "  # Hand-Off-Auto switches, two bits each: 0 off, 1 auto, 2 hand
        "lease_losses:u16 "  # how often the lease was lost since boot
    ),
    group=(
        "current_a:f32 "  # current of this aerator in ampere, NaN when not wired
    ),
    repeat=MAX_AERATORS,
    spare=1,
)

COMMAND = Block(
    "command",
    7,
    0x0500,
    (
        "lease_counter:u16 "  # any number that differs from the one before renews the lease
        "wanted:u16 "  # aerators that shall run, a bit each; the others shall rest
        "expiry_s:u16 "  # after this time the command is void and every aerator runs, 1 to 600
    ),
    writable=True,
)

ACKNOWLEDGE = Block(
    "acknowledge",
    8,
    0x0510,
    (
        "boot_id:u32 "  # boot of the samples that are safe on the gateway's disk
        "sequence:u32 "  # they and all before them may be forgotten
    ),
    writable=True,
)

SETTINGS = Block(
    "settings",
    9,
    0x0600,
    (
        "unit_id:u16 "  # Modbus unit id, 1 to 247; takes effect at the next boot
        "baud_hundreds:u16 "  # line speed in hundreds of baud; takes effect at the next boot
        "sample_period_ms:u32 "  # 500 to 3,600,000
        "echo:u16 "  # 1 when the transceiver returns our own bytes
        "salinity_centi_psu:u16 "  # salinity for oxygen where no probe measures it, 0 to 4200
        "pressure_hpa:u16 "  # air pressure for oxygen, 800 to 1100
        "lease_s:u16 "  # a panel without renewal for this long turns its aerators on, 5 to 600
        "stagger_ms:u32 "  # time between two starts, 0 to 60,000
        "aerators:u16 "  # aerators wired to this panel, 0 to 8
        "running_centi_a:u16 "  # current above which an aerator counts as running
    ),
    writable=True,
)

CONTROL = Block(
    "control",
    10,
    0x0700,
    (
        "action:u16 "  # write 0x5A5E to save the settings, 0xB007 to reset the node
    ),
    writable=True,
)

BLOCKS = (IDENTITY, DISCOVERY, STATUS, LIVE, RING, PANEL, COMMAND, ACKNOWLEDGE, SETTINGS, CONTROL)
