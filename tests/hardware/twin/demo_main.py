"""Demo firmware: blinks pin 2, echoes UART 1 and feeds the watchdog."""

import asyncio

from machine import UART, WDT, Pin


async def blink():
    """Toggle the lamp ten times a second."""
    lamp = Pin(2, Pin.OUT, value=0)
    while True:
        lamp.value(not lamp.value())
        await asyncio.sleep_ms(100)


async def echo():
    """Send back whatever UART 1 receives."""
    line = asyncio.StreamReader(UART(1, 9600, tx=17, rx=16))
    while True:
        data = await line.read(64)
        if data:
            line.write(data)
            await line.drain()


async def feed():
    """Feed the watchdog."""
    watchdog = WDT(timeout=5000)
    while True:
        watchdog.feed()
        await asyncio.sleep_ms(500)


async def main():
    """Run the demo for ever."""
    await asyncio.gather(blink(), echo(), feed())


asyncio.run(main())
