"""The pond node's surroundings: line, supply, box and place."""

from pathlib import Path

from hardware.drawings import power
from hardware.drawings.canvas import Canvas


def line() -> Canvas:
    """The RS-485 line of a farm with its ends."""
    c = Canvas(1000, 490, "RS-485 line: one cable, two ends · Đường truyền RS-485: một cáp, hai đầu")
    names = (
        ("Gateway", "120 ohm + bias"),
        ("Panel node", "no termination"),
        ("Pond node", "no termination"),
        ("Last node", "120 ohm"),
    )
    for at, (name, words) in enumerate(names):
        x = 60 + at * 240
        c.box(x, 90, 170, 70, f"{name}\n{words}", "#eef6ee")
        for offset, colour in ((60, "#2a9d2a"), (110, "#999")):
            c.line((x + offset, 160), (x + offset, 220 if offset == 60 else 244), colour=colour)
            c.dot(x + offset, 220 if offset == 60 else 244)
    c.line((120, 220), (840, 220), colour="#2a9d2a", width=3)
    c.line((170, 244), (890, 244), colour="#999", width=3)
    c.text(925, 225, "A (+)", bold=True)
    c.text(925, 249, "B (-)", bold=True)
    c.line((120, 275), (890, 275), dashed=True)
    c.text(925, 280, "screen", size=13)
    c.line((400, 275), (400, 290))
    c.earth(400, 290)
    c.text(416, 304, "earthed at the panel only · chỉ nối đất tại tủ điện", size=13)
    c.box(40, 330, 440, 135)
    c.text(55, 354, "At the gateway's end, and nowhere else", bold=True)
    c.note("line_end", 55, 376, size=13)
    c.box(510, 330, 450, 135)
    c.text(525, 354, "Cable and branches · cáp và nhánh rẽ", bold=True)
    c.note("line_cable", 525, 376, size=13)
    return c


def idle_line_v() -> float:
    """What the bias leaves between A and B with both ends terminated."""
    both_ends_ohm = 60
    return 5 * both_ends_ohm / (560 + 560 + both_ends_ohm)


def supply() -> Canvas:
    """Mains and solar, side by side."""
    budget = power.read(Path(__file__).parents[1] / "pond_node")
    c = Canvas(1040, 440, "Supply of the pond node: one of two · Nguồn của nút ao: chọn một")
    c.text(20, 72, "a. From the panel, over the line cable (mains) · lấy từ tủ điện", bold=True)
    c.box(40, 90, 170, 60, "in the panel\n13.8 V, battery", "#fff", ref="G1")
    c.line((210, 120), (300, 120))
    c.two_pole(300, 120, "F8", "1 A at the panel", upright=False)
    c.line((340, 120), (560, 120))
    c.text(370, 108, "2 x 1.5 mm2, up to 300 m", size=12)
    c.box(560, 90, 170, 60, "terminals\n9 to 15 V", "#fff", ref="X1")
    c.line((730, 120), (800, 120))
    c.box(800, 90, 150, 60, f"box\n{budget.mean_w:.1f} W", "#eef6ee")
    c.note("supply_drop", 40, 180, size=12)
    c.line((20, 205), (980, 205), dashed=True)
    c.text(20, 235, "b. Solar, where no cable reaches · điện mặt trời", bold=True)
    c.box(40, 260, 150, 60, f"\nsolar panel {budget.panel_w:g} W", "#fff", ref="G3")
    c.line((190, 290), (260, 290))
    c.box(260, 260, 160, 60, "\ncharger 5 A, LiFePO4", "#fff", ref="G4")
    c.line((420, 290), (560, 290))
    c.two_pole(470, 290, "F1", "1 A", upright=False)
    c.box(560, 260, 170, 60, "terminals\n9 to 15 V", "#fff", ref="X1")
    c.line((730, 290), (800, 290))
    c.box(800, 260, 150, 60, f"box\n{budget.mean_w:.1f} W", "#eef6ee")
    c.line((340, 320), (340, 375))
    c.two_pole(340, 325, "F9", "5 A, at the battery")
    c.box(230, 375, 220, 45, f"LiFePO4 {budget.battery_v:g} V {budget.battery_ah:g} Ah", "#fff", ref="G5")
    c.note("supply_solar", 560, 360, size=13)
    return c


def layout() -> Canvas:
    """The box at the pole and the probe in the water."""
    c = Canvas(1040, 760, "Pond node: box and probe · Nút ao: hộp và đầu dò")
    c.box(60, 80, 380, 20, "", "#ddd")
    c.text(60, 70, "white sun roof, 50 mm of air above the box · mái che nắng", size=13)
    c.box(80, 150, 340, 280, "", "#f8f8f8")
    for x, y, w, h, words, ref in (
        (100, 170, 90, 60, "\nESP32", "A1"),
        (205, 170, 90, 60, "\nline", "A2"),
        (310, 170, 90, 60, "\nprobes", "A3"),
        (100, 245, 90, 50, "\n12 V / 5 V", "U1"),
        (205, 245, 90, 50, "\nsurge", "F2"),
        (310, 245, 90, 50, "\nsilica gel", "Z3"),
        (100, 330, 300, 50, "terminals X2 X3 X4 · cầu đấu", "X1"),
    ):
        c.box(x, y, w, h, words, "#fff", ref=ref)
    c.text(95, 415, "door seal and all holes: downward only", size=12)
    for x, words in ((120, "line in"), (180, "line out"), (240, "probes"), (300, "temp."), (375, "vent")):
        c.box(x - 10, 430, 20, 22, "", "#bbb")
        c.text(x, 468, words, size=11, anchor="middle")
        c.line((x, 452), (x, 456))
    c.refs |= {"Z1", "Z2", "Z4", "Z5", "X2", "X3", "X4"}
    c.line((120, 474), (120, 530), (150, 550), (180, 530), (180, 474))
    c.note("box_drip", 195, 545, size=12)
    c.text(470, 105, "Z1: box IP66, polycarbonate, 300 x 200 x 130 · hộp nhựa", size=13)
    c.note("box_rules", 470, 135, size=13)
    _probe(c)
    return c


def _probe(c: Canvas) -> None:
    water = 640
    c.line((480, water), (980, water), colour="#1e5bd6", width=3)
    c.text(880, water - 8, "water · mặt nước", size=12, anchor="middle")
    c.line((560, 400), (560, 745), width=6, colour="#777")
    c.note("probe_place", 575, 420, size=12)
    c.line((560, 500), (700, 500), (700, 600), width=3)
    c.box(670, 600, 60, 30, "float", "#fff8dc")
    c.line((700, 630), (700, 690), width=4)
    c.box(685, 690, 30, 40, "", "#ddd")
    c.note("probe_depth", 725, 700, size=12)
    c.text(730, 520, "slack cable, tied every 30 cm;\nlifts out by hand for cleaning each week", size=12)
    c.refs.add("B1")
    c.text(664, 720, "B1", bold=True, anchor="end")
