"""What the panel feels: currents, phases, switches; and its siren."""

from hardware import pins
from hardware.drawings.canvas import Canvas

TURNS = 2000
BURDEN_OHM = 221
REFERENCE_TOP_OHM = 10_000
REFERENCE_BOTTOM_OHM = 1_000
LOGIC_V = 3.3
# Mean of a rectified sine over its effective value.
MEAN_OVER_RMS = 0.9003


def volts_per_ampere() -> float:
    """What the current board gives per ampere of the motor."""
    return MEAN_OVER_RMS / TURNS * BURDEN_OHM


def volts_at_zero() -> float:
    """What it gives with the motor at rest."""
    return LOGIC_V * REFERENCE_BOTTOM_OHM / (REFERENCE_TOP_OHM + REFERENCE_BOTTOM_OHM)


def current() -> Canvas:
    """One channel of the current board."""
    c = Canvas(1000, 590, "Current board A7, one channel of eight · Mạch đo dòng, một kênh")
    c.note("current_electrician", 20, 60, size=13)
    c.refs |= {"A7", "R1", "V1"}
    c.circle(110, 190, 40)
    c.text(104, 222, "T", bold=True)
    c.refs.add("T")
    c.note("current_transformer", 30, 260, size=13)
    c.line((40, 190), (180, 190), colour="#8b4513", width=4)
    c.text(20, 130, "motor phase · dây pha động cơ", size=12)
    c.line((140, 163), (250, 163), (250, 170))
    c.line((140, 217), (250, 217), (250, 210))
    c.box(250, 150, 110, 80, "bridge\nDB107", "#fff", ref="V1")
    _filter(c)
    _reference(c)
    c.note("current_rules", 20, 420, size=13, zero_v=volts_at_zero(), volt_per_a=volts_per_ampere())
    return c


def _filter(c: Canvas) -> None:
    c.line((360, 165), (640, 165))
    c.line((360, 215), (640, 215))
    c.text(365, 158, "+", bold=True)
    c.text(365, 232, "-", bold=True)
    for x in (440, 560):
        c.dot(x, 165)
        c.dot(x, 215)
    c.line((440, 165), (440, 170))
    c.line((440, 210), (440, 215))
    c.two_pole(440, 170, "R1", "221 ohm 1 %")
    c.line((560, 165), (560, 170))
    c.line((560, 210), (560, 215))
    c.capacitor(560, 172, "470 µF")
    c.line((640, 165), (690, 165))
    c.two_pole(690, 165, "R2", "1 kohm", upright=False)
    c.line((730, 165), (930, 165))
    c.refs.add("R2")
    c.text(890, 152, "to I1..I8", bold=True)
    c.dot(780, 165)
    c.line((780, 165), (780, 250))
    c.capacitor(780, 250, "100 nF")
    c.line((780, 290), (780, 320))
    c.dot(850, 165)
    c.line((850, 165), (850, 250))
    c.two_pole(850, 250, "R3", "1 Mohm")
    c.line((850, 290), (850, 320), (640, 320))
    c.text(870, 195, "BAT54S to 3.3 V\nand 0 V: clamp", size=12)
    c.line((640, 215), (640, 250), (560, 250), (560, 270))


def _reference(c: Canvas) -> None:
    c.line((420, 270), (700, 270))
    c.text(650, 262, "to the other seven", size=12)
    c.dot(560, 270)
    c.text(380, 262, "0.3 V", bold=True)
    c.line((420, 270), (420, 280))
    c.two_pole(420, 280, "", "1 kohm")
    c.line((420, 320), (640, 320))
    c.dot(640, 320)
    c.line((640, 320), (640, 340))
    c.earth(640, 340)
    c.text(660, 350, "0 V", size=12)
    c.line((420, 270), (330, 270))
    c.two_pole(290, 270, "", "10 kohm", upright=False)
    c.line((290, 270), (250, 270))
    c.text(205, 275, "3.3 V", bold=True)
    c.capacitor(520, 275, "")
    c.line((520, 270), (520, 280))
    c.line((520, 312), (520, 320))
    c.text(500, 345, "10 µF", size=12)
    c.note("current_reference", 205, 375, size=12)


def sense() -> Canvas:
    """One phase, one switch contact, the siren."""
    c = Canvas(1000, 720, "Phases, switches, siren · Đo pha, công tắc, còi")
    c.text(20, 66, "1. Phase L1 (L2 and L3 alike), board A9 · có pha hay không", bold=True)
    c.text(30, 115, "L1, from F7")
    c.line((130, 110), (170, 110))
    c.two_pole(170, 110, "R4", "100 kohm, 3.5 kV type", upright=False)
    c.line((210, 110), (330, 110))
    c.two_pole(330, 110, "R5", "100 kohm", upright=False)
    c.line((370, 110), (450, 110), (450, 125))
    c.text(30, 195, "N")
    c.line((50, 190), (450, 190), (450, 175))
    _opto(c, 430, 125, "V2", "LTV-814: light both ways")
    c.text(640, 128, "3.3 V", bold=True)
    c.line((520, 125), (630, 125))
    c.line((520, 175), (700, 175))
    c.text(710, 180, f"to A6 GPA0, GPA1, GPA2 (0x{pins.SENSE_EXPANDER:02X})", bold=True)
    c.dot(590, 175)
    c.line((590, 175), (590, 190))
    c.two_pole(590, 190, "", "47 kohm and 1 µF to 0 V")
    c.line((590, 230), (590, 240))
    c.earth(590, 240)
    c.note("sense_phase", 30, 232, size=12)
    c.line((20, 285), (980, 285), dashed=True)
    _switches(c)
    c.line((20, 500), (980, 500), dashed=True)
    _siren(c)
    return c


def _opto(c: Canvas, x: float, y: float, ref: str, words: str) -> None:
    c.box(x, y - 12, 90, 74, "", "#f6f6ff")
    c.text(x + 45, y + 30, ref, anchor="middle", bold=True)
    c.text(x - 10, y - 18, words, size=12)
    c.refs.add(ref)


def _switches(c: Canvas) -> None:
    c.text(20, 312, "2. Hand-Off-Auto contacts, board A8: two an aerator, sixteen in all · vị trí công tắc", bold=True)
    c.text(30, 355, "+12 V", bold=True)
    c.line((85, 350), (120, 350), (120, 360))
    c.contact(120, 360, "S", False, "Auto (13-14) or Hand (23-24)")
    c.line((120, 400), (120, 420), (350, 420))
    c.two_pole(350, 420, "", "", upright=False)
    c.text(345, 405, "R6  2.2 kohm", size=12, bold=True)
    c.line((390, 420), (460, 420))
    _opto(c, 460, 390, "V3", "LTV-847, four in one")
    c.line((460, 440), (430, 440), (430, 460))
    c.earth(430, 460)
    c.text(450, 474, "0 V", size=12)
    c.line((550, 395), (630, 395))
    c.text(640, 400, "3.3 V", bold=True)
    c.line((550, 440), (700, 440))
    c.text(710, 445, f"to A5 GPA0 .. GPB7 (0x{pins.HOA_EXPANDER:02X})", bold=True)
    c.text(710, 463, "aerator n: pins 2n-2 and 2n-1", size=12)
    c.dot(600, 440)
    c.line((600, 440), (600, 448))
    c.two_pole(600, 448, "", "10 kohm to 0 V")
    c.refs.add("R6")
    c.note("sense_switch", 30, 450, size=12)


def _siren(c: Canvas) -> None:
    c.text(20, 527, "3. Siren · còi báo động", bold=True)
    c.text(30, 575, f"A6 GPB0 (0x{pins.SENSE_EXPANDER:02X})", bold=True)
    c.line((180, 570), (240, 570))
    c.two_pole(240, 570, "R7", "1 kohm", upright=False)
    c.line((280, 570), (360, 570))
    c.box(360, 550, 130, 40, "BC337-40", "#fff", ref="V4")
    c.line((425, 590), (425, 620))
    c.earth(425, 620)
    c.dot(320, 570)
    c.line((320, 570), (320, 590))
    c.two_pole(320, 590, "", "10 kohm")
    c.line((320, 630), (320, 640))
    c.earth(320, 640)
    c.line((490, 570), (560, 570))
    c.box(560, 545, 130, 50, "coil 12 V", "#fff", ref="K9")
    c.line((690, 570), (740, 570))
    c.text(750, 575, "+12 V; 1N4007 across the coil", size=12)
    c.contact(800, 610, "K9", False, "NO 11-14")
    c.text(775, 603, "+12 V through 2 A", size=12)
    c.box(750, 650, 110, 40, "12 V siren", "#fff", ref="H2")
    c.note("sense_siren", 30, 670, size=12)
