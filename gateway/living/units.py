"""systemd's files for the three processes: fed watchdogs, endless restarts, and next to no rights."""

SERVICES = {
    "control": "keeps the oxygen of the ponds",
    "web": "the farm's pages",
    "messages": "SMS, calls and push messages",
}

TARGET = """\
[Unit]
Description=Pondkeeper, the farm's gateway
{wants}
After=local-fs.target

[Install]
WantedBy=multi-user.target
"""

SERVICE = """\
[Unit]
Description=Pondkeeper: {what}
PartOf=pondkeeper.target
After=local-fs.target network.target
StartLimitIntervalSec=0
{beside}

[Service]
Type=notify
ExecStart={command} {name} {farm}
User=pondkeeper
Group=pondkeeper
SupplementaryGroups={groups}
Nice={nice}
WatchdogSec=30
Restart=always
RestartSec=2
TimeoutStartSec=300
TimeoutStopSec=30
OOMScoreAdjust={oom}
StateDirectory=pondkeeper
StateDirectoryMode=0700
RuntimeDirectory=pondkeeper
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
ReadWritePaths=-{folder}
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=all
DevicePolicy=closed
{devices}
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=pondkeeper.target
"""

# The web process ends when it has written the first farm.toml; that it wants the others starts them with its restart.
BESIDE = {
    "control": "ConditionPathExists={farm}",
    "web": "Wants=pondkeeper-control.service pondkeeper-messages.service",
    "messages": "ConditionPathExists={farm}",
}
SERIAL = "\n".join(f"DeviceAllow=char-{driver} rw" for driver in ("ttyUSB", "ttyACM", "ttyAMA", "ttyS"))
DEVICES = {"control": SERIAL, "web": SERIAL, "messages": f"{SERIAL}\nDeviceAllow=char-alsa rw"}
GROUPS = {"control": "dialout", "web": "dialout", "messages": "dialout audio"}
NICE = {"control": 0, "web": 5, "messages": 5}
OOM = {"control": -500, "web": 200, "messages": 0}


def unit(name: str) -> str:
    """The unit's name of one of SERVICES."""
    return f"pondkeeper-{name}.service"


def service(name: str, command: str, farm: str) -> str:
    """The unit file of one of SERVICES; `command` and `farm` are absolute paths."""
    return SERVICE.format(
        what=SERVICES[name],
        name=name,
        command=command,
        farm=farm,
        folder=farm.rpartition("/")[0],
        beside=BESIDE[name].format(farm=farm),
        devices=DEVICES[name],
        groups=GROUPS[name],
        nice=NICE[name],
        oom=OOM[name],
    )


def target() -> str:
    """The unit file that starts all of them."""
    return TARGET.format(wants="Wants=" + " ".join(unit(name) for name in SERVICES))
