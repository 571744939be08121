"""The text of a systemd service for the witness: a user of its own, and nothing else of the machine within its reach."""

from collections.abc import Sequence
from pathlib import Path


def unit_file(program: Sequence[str], writable: Sequence[Path]) -> str:
    """The unit; `program` is the whole command, `writable` the only folders that it may write, its home first."""
    home = writable[0]
    started = " ".join(f'"{part}"' if " " in part else part for part in program)
    return f"""# /etc/systemd/system/witness.service
# 安装 Install:  useradd --system --home-dir {home} --shell /usr/sbin/nologin witness
#               install -d -m 700 -o witness -g witness {home}
#               systemctl daemon-reload && systemctl enable --now witness
[Unit]
Description=Witness of draws (中介服务抽取见证程序)
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
User=witness
Group=witness
ExecStart={started}
Restart=on-failure
RestartSec=5
UMask=0077
ReadWritePaths={" ".join(map(str, writable))}
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
LimitNOFILE=4096
MemoryMax=1G

[Install]
WantedBy=multi-user.target
"""
