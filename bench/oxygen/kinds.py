"""The ponds of the benchmark: sizes and constants, chosen so that demand is that of facts/oxygen.md 1.5."""

from dataclasses import dataclass

OXYGEN_AT_20_C = 9.092
SHRIMP_G = 15.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One pond and its machines; rates at 28 degC in mg/L/h, sediment in g/m2/h, light as its share of noon's."""

    machines: int
    power_kw: float
    kg_o2_per_kwh: float
    alpha: float
    area_m2: float
    depth_m: float
    stock_t_per_ha: float
    best_growth_mg_l_h: float
    growth_slope_mg_l_h: float
    water_breathing_mg_l_h: float
    sediment_g_m2_h: float
    temperature_c: float = 29.0
    swing_c: float = 1.0
    salinity_psu: float = 15.0
    replayed: bool = False

    @property
    def volume_m3(self) -> float:
        """Water of the pond."""
        return self.area_m2 * self.depth_m

    @property
    def stock_kg_per_m3(self) -> float:
        """Shrimp in the water."""
        return self.stock_t_per_ha * 0.1 / self.depth_m

    def transfer_per_h_at_20_c(self) -> float:
        """What one machine closes of the gap to saturation in an hour at 20 degC, in this water."""
        return self.alpha * self.power_kw * self.kg_o2_per_kwh * 1000 / OXYGEN_AT_20_C / self.volume_m3


GREEN = Kind(
    machines=6,
    power_kw=1.5,
    kg_o2_per_kwh=1.2,
    alpha=0.9,
    area_m2=3000,
    depth_m=1.2,
    stock_t_per_ha=10,
    best_growth_mg_l_h=1.3,
    growth_slope_mg_l_h=1.8,
    water_breathing_mg_l_h=0.305,
    sediment_g_m2_h=0.12,
)
FLOC = Kind(
    machines=8,
    power_kw=2.2,
    kg_o2_per_kwh=1.4,
    alpha=0.75,
    area_m2=1000,
    depth_m=1.3,
    stock_t_per_ha=50,
    best_growth_mg_l_h=0.8,
    growth_slope_mg_l_h=1.0,
    water_breathing_mg_l_h=1.98,
    sediment_g_m2_h=0.1,
)
GRAND_BAY = Kind(
    machines=6,
    power_kw=1.5,
    kg_o2_per_kwh=1.2,
    alpha=0.9,
    area_m2=3000,
    depth_m=1.2,
    stock_t_per_ha=7.0,
    best_growth_mg_l_h=0.0,
    growth_slope_mg_l_h=0.0,
    water_breathing_mg_l_h=0.0,
    sediment_g_m2_h=0.0,
    replayed=True,
)
