# What is known of the water around the probes: the settings' values until a probe measures better ones.
#
# The last good salinity and pressure stay in use when their probe fails, for they change in days. Temperature changes in
# hours: it is that of the first thermometer that works, and NaN when none does.

from firmware.node.channel import NOTHING


class Water:
    def __init__(self, settings) -> None:
        self.salinity_psu = settings.salinity_psu
        self.pressure_hpa = settings.pressure_hpa
        self.thermometers: "list[object]" = []  # channels in the water that measure temperature

    @property
    def temperature_c(self) -> float:
        for channel in self.thermometers:
            if channel.value == channel.value:
                return channel.value
        return NOTHING
