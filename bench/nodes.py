"""Farms of pond nodes on one line, for measurements."""

from pathlib import Path

from hardware.twin.farm import BoardPlan, FarmPlan

FIRST_UNIT = 11
FIRMWARE = Path("build/firmware")


def pond_nodes(count: int) -> tuple[BoardPlan, ...]:
    """So many pond nodes with an oxygen probe each, on the line `ponds`."""
    return tuple(
        BoardPlan(
            name=f"node-{at + 1}",
            line="ponds",
            unit_id=FIRST_UNIT + at,
            serial=at + 1,
            pond="ao-2",
            probes=(("y504", 1),),
        )
        for at in range(count)
    )


def plan(folder: Path, boards: tuple[BoardPlan, ...], *, baud: int = 19200, speed: float = 1.0) -> FarmPlan:
    """A farm of these boards with a sample every second."""
    return FarmPlan(
        folder=folder,
        firmware=FIRMWARE,
        speed=speed,
        sample_period_ms=1000,
        stagger_ms=0,
        baud=baud,
        boards=boards,
    )
