"""A Modbus TCP server for a SCADA: it answers reads (functions 3 and 4) and takes no writes."""

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from gateway.neighbours.registers import length, registers
from gateway.neighbours.settings import ModbusSettings
from gateway.neighbours.view import farm_now
from gateway.web.desk import Desk

ANY_UNIT = 0


async def serve_modbus(desk: Desk, settings: ModbusSettings) -> None:
    """Serve until cancelled; OSError when the address cannot be had."""

    async def refresh(_function: int, _start: int, _at: int, _count: int, current: list[int], _new: object) -> None:
        words = registers(desk.farm, farm_now(desk))
        current[: len(words)] = words

    words = SimData(0, values=[0] * length(desk.farm), datatype=DataType.REGISTERS, readonly=True)
    device = SimDevice(ANY_UNIT, simdata=[words], action=refresh)
    server = ModbusTcpServer(device, address=(settings.host, settings.port))
    try:
        await server.serve_forever()
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]
