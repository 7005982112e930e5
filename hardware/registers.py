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
MAP_VERSION = 2

ROLE_POND = 1
ROLE_PANEL = 2

MAX_CHANNELS = 12
MAX_AERATORS = 8

# What a channel measures; units and ranges in hardware/quantities.py.
QUANTITY_DO = 1
QUANTITY_DO_SATURATION = 2
QUANTITY_TEMPERATURE = 3
QUANTITY_CONDUCTIVITY = 4
QUANTITY_SALINITY = 5
QUANTITY_PH = 6
QUANTITY_CURRENT = 7
QUANTITY_TURBIDITY = 8
QUANTITY_ORP = 9
QUANTITY_AMMONIUM = 10
QUANTITY_SUSPENDED_SOLIDS = 11
QUANTITY_DEPTH = 12
QUANTITY_VOLTAGE = 13
QUANTITY_POWER = 14
QUANTITY_ENERGY = 15
QUANTITY_AIR_TEMPERATURE = 16
QUANTITY_AIR_HUMIDITY = 17
QUANTITY_AIR_PRESSURE = 18
QUANTITY_WIND_SPEED = 19
QUANTITY_RAIN = 20

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
REASON_RATE = 6
REASON_FROZEN = 7
REASON_OUT_OF_WATER = 8
REASON_CALIBRATING = 9
REASON_LOOP = 10
REASON_POWER_ON_VALUE = 11
REASON_PROBE_FAULT = 12
REASON_NOT_READY = 13
REASON_NO_PASSPORT = 14

# Why a panel's aerators stand as they do.
PANEL_BOOT = 1
PANEL_LEASED = 2
PANEL_LEASE_LOST = 3
PANEL_COMMAND_EXPIRED = 4
PANEL_OWN_PROBE = 5

# Bits of `panel.mains`: what the panel's sense inputs say. A bit that is not wired reads as good.
MAINS_L1 = 1
MAINS_L2 = 2
MAINS_L3 = 4
MAINS_HOA_UNREAD = 0x2000
MAINS_UNREAD = 0x4000
MAINS_WIRED = 0x8000

# What the position of a Hand-Off-Auto switch reads as; two bits an aerator, the first aerator lowest.
HOA_OFF = 0
HOA_AUTO = 1
HOA_HAND = 2

RESET_POWER_ON = 1
RESET_HARD = 2
RESET_WATCHDOG = 3
RESET_DEEP_SLEEP = 4
RESET_SOFT = 5

# Which application runs.
SLOT_A = 0
SLOT_B = 1
SLOT_BASE = 2

# Why a node answers from its base instead of its application.
SAFE_BOOT_NO = 0
SAFE_BOOT_NO_APPLICATION = 1
SAFE_BOOT_APPLICATION_FAILS = 2
SAFE_BOOT_FILE_SYSTEM = 3

# Words written to `control.action`.
ACTION_SAVE_SETTINGS = 0x5A5E
ACTION_RESET = 0xB007
ACTION_IDENTIFY = 0x1DE0
ACTION_SWITCH_SLOT = 0x5107
ACTION_FORMAT = 0xF0F0

# Documents that travel over the line in pieces. A node takes the writable ones and shows the readable ones.
DOCUMENT_SETTINGS = 1
DOCUMENT_CALIBRATION = 2
DOCUMENT_CALIBRATION_ENTRY = 3
DOCUMENT_ERRORS = 4
DOCUMENT_MANIFEST = 5
DOCUMENT_FILE = 6

TRANSFER_IDLE = 0
TRANSFER_RECEIVING = 1
TRANSFER_CHECKING = 2
TRANSFER_DONE = 3
TRANSFER_REFUSED = 4

# Why a document was refused.
REFUSED_NOTHING = 0
REFUSED_HASH = 1
REFUSED_CONTENT = 2
REFUSED_SIGNATURE = 3
REFUSED_OLDER = 4
REFUSED_FLASH = 5
REFUSED_UNASKED = 6
REFUSED_NO_KEY = 7

# Words written to `calibrate.action`.
CALIBRATE_BEGIN = 1
CALIBRATE_END = 2
CALIBRATE_UNDO = 3


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
        "least_free_heap_bytes:u32 "  # least free memory after a collection since boot
        "settings_generation:u16 "  # rises with every save, 0 when defaults are in use
        "slot:u16 "  # application that runs: 0 slot a, 1 slot b, 2 base
        "safe_boot:u16 "  # why the base answers: 0 it does not, 1 no application, 2 the application fails, 3 file system
        "on_trial:u16 "  # 1 while an updated application has yet to prove itself
        "key_id:u32 "  # first four bytes of SHA-256 of the key this board made for itself, 0 when it has none
        "errors_logged:u16 "  # exceptions written to the error log since boot
        "samples_made:u32 "  # samples put into the ring since boot
        "samples_unread:u32 "  # samples in the ring that nobody has acknowledged
        "samples_dropped:u32 "  # unread samples that were overwritten and stand in no log
        "log_records:u32 "  # unread samples in the flash log
        "log_erases:u32 "  # blocks that the flash log has rewritten since boot
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

# The window holds the oldest unread samples, all of one boot, which may be an earlier one: a record is sequence (U32),
# sampled_uptime_ms (U32), then for each channel value (F32) and quality (U16). Records fill the window from its start; the
# rest is zero. While nobody fetches them, samples are thinned to one a minute: a gap in the sequence is no loss by itself.
RING = Block(
    "ring",
    5,
    0x0300,
    (
        "block:u16 "  # number of this block, 5
        "boot_id:u32 "  # boot in which these records were made
        "channels:u16 "  # channels in a record
        "records:u16 "  # records in this window
        "unread:u32 "  # samples in ring and log that nobody has acknowledged
        "booted_wall_s:u32 "  # when that boot began, in seconds since 1970 by the gateway's clock, 0 when not known
        "quantities_0:u16 "  # what channels 0 and 1 measure, a byte each, the first in the high byte
        "quantities_2:u16 "  # channels 2 and 3
        "quantities_4:u16 "  # channels 4 and 5
        "quantities_6:u16 "  # channels 6 and 7
        "quantities_8:u16 "  # channels 8 and 9
        "quantities_10:u16 "  # channels 10 and 11
    ),
    group=(
        "record_words:u16 "  # records, packed one after another
    ),
    repeat=105,
    spare=1,
)

PANEL = Block(
    "panel",
    6,
    0x0400,
    (
        "block:u16 "  # number of this block, 6
        "reason:u16 "  # 1 booting, 2 under lease, 3 lease lost, 4 command expired, 5 lease lost and own probe decides
        "lease_counter:u16 "  # the counter that the gateway wrote last
        "lease_age_ms:u32 "  # time since the lease was renewed
        "wanted:u16 "  # aerators that shall run, a bit each
        "coils:u16 "  # aerators whose relay lets them run, a bit each
        "currents:u16 "  # aerators that draw current, a bit each
        "hoa:u16 "  # Hand-Off-Auto switches, two bits each: 0 off, 1 auto, 2 hand
        "lease_losses:u16 "  # how often the lease was lost since boot
        "held_off:u16 "  # aerators that wait for their minimum off time, the stagger or the power limit, a bit each
        "mains:u16 "  # bits 0 to 2: L1 to L3 are there; 13: switches unreadable; 14: phases unreadable; 15: phases sensed
        "siren:u16 "  # 1 while the siren sounds
        "not_running:u16 "  # aerators that may run but draw no current for 10 s, a bit each
        "running_centi_kw:u16 "  # power of the aerators that may run, by the settings
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
        "siren:u16 "  # 1 sounds the siren as long as the command holds
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
        "log_period_s:u16 "  # one sample in this time goes to the flash log while nobody fetches them, 10 to 3600
        "min_off_s:u16 "  # an aerator that stopped rests at least this long, 0 to 600
        "power_limit_centi_kw:u16 "  # most power that may run at once, 0 for no limit
        "siren_after_s:u16 "  # a panel without lease for this long sounds its siren, 0 for never
        "repl_locked:u16 "  # 1 shuts the console of the USB port
    ),
    writable=True,
)

CONTROL = Block(
    "control",
    10,
    0x0700,
    (
        "action:u16 "  # 0x5A5E save settings, 0xB007 reset, 0x1DE0 blink, 0x5107 other slot, 0xF0F0 format the flash
    ),
    writable=True,
)

# The gateway tells its time so that samples of an earlier boot can be dated. A label: no duration is taken from it.
TIME = Block(
    "time",
    11,
    0x0710,
    (
        "wall_s:u32 "  # seconds since 1970, UTC
    ),
    writable=True,
)

# What the probes said before calibration, NaN for nothing.
RAW = Block(
    "raw",
    12,
    0x0800,
    (
        "block:u16 "  # number of this block, 12
        "boot_id:u32 "  # drawn at random at each boot
        "sequence:u32 "  # rises with every round of the probes
        "channels:u16 "  # channels in use
        "calibrating:u16 "  # channels under calibration, a bit each
        "calibrating_left_s:u16 "  # seconds until they are handed back by themselves
        "salinity_psu:f32 "  # salinity that oxygen is computed with
        "pressure_hpa:f32 "  # air pressure that oxygen is computed with
    ),
    group=(
        "raw:f32 "  # raw value of this channel
    ),
    repeat=MAX_CHANNELS,
    spare=1,
)

PROBES = Block(
    "probes",
    13,
    0x0840,
    (
        "block:u16 "  # number of this block, 13
        "probes:u16 "  # probes in the settings
        "answering:u16 "  # probes that answered their last question, a bit each
    ),
    group=(
        "first_channel:u16 "  # first channel of this probe
        "serial_0:u32 "  # serial number, ASCII, padded with zeros; all zero when the probe tells none
        "serial_4:u32 "  # its next four characters
        "serial_8:u32 "  # its next four characters
        "serial_12:u32 "  # its next four characters
    ),
    repeat=8,
)

CALIBRATE = Block(
    "calibrate",
    14,
    0x08A0,
    (
        "action:u16 "  # 1 begin, 2 end, 3 undo the newest calibration
        "channel:u16 "  # channel of the live block
        "minutes:u16 "  # after this time the channel is handed back by itself, 1 to 60
    ),
    writable=True,
)

# A document that goes to the node: offer it, send its chunks in any order, read `transfer` for what is still wanted.
TRANSFER = Block(
    "transfer",
    15,
    0x0900,
    (
        "block:u16 "  # number of this block, 15
        "state:u16 "  # 0 idle, 1 receiving, 2 checking, 3 done, 4 refused
        "refused:u16 "  # why it was refused, a code of docs/registers.md
        "document:u16 "  # which document
        "index:u16 "  # which file of the manifest, or which channel's calibration
        "size:u32 "  # bytes of the document
        "next:u32 "  # first byte that is still missing
        "files:u16 "  # files of the manifest in hand, 0 for none
        "next_file:u16 "  # first of them that the inactive slot lacks; equals `files` when the slot is complete
        "slot:u16 "  # slot that the manifest goes to
    ),
)

OFFER = Block(
    "offer",
    16,
    0x0920,
    (
        "document:u16 "  # which document
        "index:u16 "  # which file of the manifest, or which channel's calibration; 0 for other documents
        "size:u32 "  # bytes
        "sha256_0:u32 "  # SHA-256 of them; an offer that repeats the one in progress goes on where that stopped
        "sha256_1:u32 "  # next four bytes
        "sha256_2:u32 "  # next four bytes
        "sha256_3:u32 "  # next four bytes
        "sha256_4:u32 "  # next four bytes
        "sha256_5:u32 "  # next four bytes
        "sha256_6:u32 "  # next four bytes
        "sha256_7:u32 "  # last four bytes
    ),
    writable=True,
)

CHUNK = Block(
    "chunk",
    17,
    0x0940,
    (
        "offset:u32 "  # where in the document these bytes stand; must be `transfer.next`
    ),
    group=(
        "data:u16 "  # two bytes; those behind the document's end are ignored
    ),
    repeat=120,
    writable=True,
)

SELECT = Block(
    "select",
    18,
    0x09C0,
    (
        "document:u16 "  # which document the next read of `document` shows
        "index:u16 "  # which channel's calibration, 0 for other documents
        "offset:u32 "  # from which byte on
    ),
    writable=True,
)

DOCUMENT = Block(
    "document",
    19,
    0x0A00,
    (
        "block:u16 "  # number of this block, 19
        "document:u16 "  # which document
        "index:u16 "  # which channel's calibration, 0 for other documents
        "size:u32 "  # bytes of the whole document, 0 when there is none
        "offset:u32 "  # where in it these bytes stand
    ),
    group=(
        "data:u16 "  # two bytes; zero behind the document's end
    ),
    repeat=100,
)

BLOCKS = (
    IDENTITY,
    DISCOVERY,
    STATUS,
    LIVE,
    RING,
    PANEL,
    COMMAND,
    ACKNOWLEDGE,
    SETTINGS,
    CONTROL,
    TIME,
    RAW,
    PROBES,
    CALIBRATE,
    TRANSFER,
    OFFER,
    CHUNK,
    SELECT,
    DOCUMENT,
)
