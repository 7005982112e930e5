"""Everything that `install` lays into a system, as data: path and text, or path and what a link points at.

Adapters are named after their place in the USB tree and, where the chip has one, after its serial number. An FTDI chip
holds bytes back for 16 ms unless its latency timer says 1.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.living import units

FARM = "/etc/pondkeeper/farm.toml"
DATA = "/var/lib/pondkeeper"
SYSTEM = "/etc/systemd/system"

SYSUSERS = f"""\
u pondkeeper - "Pondkeeper gateway" {DATA}
m pondkeeper dialout
m pondkeeper audio
"""

TMPFILES = f"""\
d {DATA} 0700 pondkeeper pondkeeper
Z {DATA} - pondkeeper pondkeeper
d {{folder}} 0750 pondkeeper pondkeeper
Z {{folder}} - pondkeeper pondkeeper
"""

WATCHDOG = """\
[Manager]
RuntimeWatchdogSec=14
RebootWatchdogSec=2min
"""

JOURNALD = """\
[Journal]
Storage=volatile
RuntimeMaxUse=32M
RateLimitIntervalSec=30s
RateLimitBurst=2000
"""

UDEV = """\
ACTION=="remove", GOTO="pondkeeper_end"
SUBSYSTEM=="usb-serial", DRIVERS=="ftdi_sio", ATTR{latency_timer}="1"
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ATTR{idVendor}=="0403|067b|10c4|1a86|1e0e", ENV{ID_MM_DEVICE_IGNORE}="1"
SUBSYSTEM!="tty", GOTO="pondkeeper_end"
SUBSYSTEMS=="usb", ATTRS{idVendor}=="0403|067b|10c4|1a86", GOTO="pondkeeper_adapter"
GOTO="pondkeeper_end"
LABEL="pondkeeper_adapter"
IMPORT{builtin}="usb_id"
IMPORT{builtin}="path_id"
GROUP="dialout", MODE="0660", ENV{ID_MM_PORT_IGNORE}="1"
ENV{ID_PATH}=="?*", SYMLINK+="pondkeeper/line-$env{ID_PATH}"
ENV{ID_SERIAL_SHORT}=="?*", SYMLINK+="pondkeeper/line-$env{ID_SERIAL_SHORT}"
LABEL="pondkeeper_end"
"""

AVAHI = """\
<?xml version="1.0" standalone="no"?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name replace-wildcards="yes">Pondkeeper %h</name>
  <service><type>_http._tcp</type><port>{port}</port></service>
  <service><type>_https._tcp</type><port>{tls_port}</port></service>
</service-group>
"""

# Rules by which brltty takes CH340 and CP210x adapters for braille displays; a link to nothing switches them off.
BRLTTY_RULES = ("85-brltty.rules", "90-brltty-device.rules", "90-brltty-usb-generic.rules")
NOTHING = "/dev/null"


@dataclass(frozen=True, kw_only=True)
class SystemFile:
    """A file with a text, or a link to somewhere."""

    path: str
    text: str = ""
    link: str | None = None


def system_files(command: str, farm: str = FARM, port: int = 8080, tls_port: int = 8443) -> list[SystemFile]:
    """All of them; `command` is the pondkeeper-gateway that the units run."""
    folder = str(PurePosixPath(farm).parent)
    return [
        *_units(command, farm),
        SystemFile(path="/etc/sysusers.d/pondkeeper.conf", text=SYSUSERS),
        SystemFile(path="/etc/tmpfiles.d/pondkeeper.conf", text=TMPFILES.format(folder=folder)),
        SystemFile(path="/etc/systemd/system.conf.d/pondkeeper.conf", text=WATCHDOG),
        SystemFile(path="/etc/systemd/journald.conf.d/pondkeeper.conf", text=JOURNALD),
        SystemFile(path="/etc/udev/rules.d/99-pondkeeper.rules", text=UDEV),
        *(SystemFile(path=f"/etc/udev/rules.d/{name}", link=NOTHING) for name in BRLTTY_RULES),
        SystemFile(path="/etc/avahi/services/pondkeeper.service", text=AVAHI.format(port=port, tls_port=tls_port)),
        SystemFile(path=f"{folder}/data", link=DATA),
    ]


def _units(command: str, farm: str) -> list[SystemFile]:
    files = [SystemFile(path=f"{SYSTEM}/pondkeeper.target", text=units.target())]
    links = {"multi-user.target.wants/pondkeeper.target": "pondkeeper.target"}
    for name in units.SERVICES:
        files.append(SystemFile(path=f"{SYSTEM}/{units.unit(name)}", text=units.service(name, command, farm)))
        links[f"pondkeeper.target.wants/{units.unit(name)}"] = units.unit(name)
    return files + [SystemFile(path=f"{SYSTEM}/{path}", link=f"../{to}") for path, to in links.items()]
