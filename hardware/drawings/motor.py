"""The panel's control chain and its motor circuit."""

from hardware.drawings.canvas import Canvas


def control() -> Canvas:
    """One aerator's coil circuit, the relay's normally closed contact in series."""
    c = Canvas(1000, 700, "Control chain of aerator n (1 to 8) · Mạch điều khiển quạt nước n")
    c.note("electrician", 20, 60, size=13)
    x_auto, x_hand, x = 300, 470, 385
    c.line((x, 80), (x, 100))
    c.text(x + 14, 94, "L (phase of this aerator, 230 V coil) · dây pha")
    c.two_pole(x, 100, "F3", "2 A, one an aerator")
    c.line((x, 140), (x, 165), (x_auto, 165), (x_auto, 190))
    c.line((x, 165), (x_hand, 165), (x_hand, 190))
    c.dot(x, 165)
    c.contact(x_auto, 190, "S", False, "Auto · tự động", ("3", "4"))
    c.contact(x_hand, 190, "S", False, "Hand · bằng tay", ("1", "2"))
    c.line((x_auto, 230), (x_auto, 280))
    c.contact(x_auto, 280, "K", True, "NC of relay Kn", ("11", "12"))
    c.line((x_auto, 320), (x_auto, 360), (x, 360))
    c.line((x_hand, 230), (x_hand, 360), (x, 360), (x, 380))
    c.dot(x, 360)
    c.contact(x, 380, "F5", True, "overload trip · rơ-le nhiệt", ("95", "96"))
    c.line((x, 420), (x, 430))
    c.contact(x, 430, "A10", False, "phase relay: closed when L1, L2, L3 are well (3-phase motors)", ("11", "14"))
    c.line((x, 470), (x, 490))
    c.two_pole(x, 490, "Q", "contactor coil A1-A2, with RC snubber · cuộn hút khởi động từ")
    c.line((x, 530), (x, 560))
    c.text(x + 14, 558, "N · trung tính")
    c.box(620, 205, 360, 190, fill="#eef6ee")
    c.note("control_dead", 635, 230, size=14)
    c.text(635, 365, "Off at S stops it, always. No relay can start it.", size=13, bold=True)
    c.note("control_rules", 20, 600, size=13)
    return c


def power() -> Canvas:
    """From the incoming cable to the motor."""
    c = Canvas(1040, 760, "Motor circuit and supply · Mạch động lực và nguồn")
    c.note("electrician", 20, 60, size=13)
    names = ("L1", "L2", "L3", "N", "PE")
    colours = ("#8b4513", "#222", "#888", "#1e5bd6", "#2a9d2a")
    ys = (100, 124, 148, 172, 196)
    for name, colour, y in zip(names, colours, ys, strict=True):
        c.text(20, y + 5, name, bold=True)
        c.line((50, y), (960, y), colour=colour, width=3)
    c.note("motor_incoming", 60, 88, size=13)
    c.refs |= {"Q0", "F0"}
    for at, y in enumerate(ys[:3]):
        x = 130 + 24 * at
        c.dot(x, y)
        c.line((x, y), (x, 240), colour=colours[at])
        c.line((x, 290), (x, 330), colour=colours[at])
        c.line((x, 370), (x, 400), colour=colours[at])
        c.line((x, 450), (x, 500), colour=colours[at])
        c.line((x, 500), (x, 560), colour=colours[at])
    c.box(110, 240, 90, 50, "\nRCBO 30 mA", "#fff", ref="F4")
    c.box(110, 330, 90, 40, "", "#fff", ref="Q")
    c.box(110, 400, 90, 50, "\noverload", "#fff", ref="F5")
    c.circle(130, 510, 14, "", "none")
    c.circle(130, 510, 8, "", "none")
    c.text(30, 500, "T", bold=True)
    c.text(30, 518, "30 A CT on\none phase", size=12)
    c.refs.add("T")
    c.circle(154, 600, 40, "M 3~")
    c.line((154, 640), (154, 660), colour=colours[4])
    c.earth(154, 660)
    c.text(20, 700, "one such branch an aerator, 1 to 8;\nsingle-phase motors: L and N, 2-pole", size=13)
    _taps(c, ys, colours)
    return c


def _taps(c: Canvas, ys: tuple[int, ...], colours: tuple[str, ...]) -> None:
    for x, ref, words, note in (
        (290, "F6", "surge arrester\ntype 2, 3P+N", "Uc 275 V; leads to\n0.5 m; 32 A gG"),
        (480, "A10", "phase relay", "loss, order, unbalance:\nopens every coil circuit"),
        (650, "F7", "3 x 0.5 A", "to A9, phases L1 to L3:\nsee sense.svg"),
    ):
        c.box(x, 260, 130, 60, "\n" + words if ref == "F6" else words, "#fff", ref=ref)
        for at in range(4 if ref == "F6" else 3):
            px = x + 25 + 25 * at
            c.dot(px, ys[at])
            c.line((px, ys[at]), (px, 260), colour=colours[at])
        c.text(x, 342, note, size=12)
    c.line((420, 290), (440, 290), (440, 380), colour=colours[4])
    c.earth(440, 380)
    c.box(830, 260, 130, 60, "\n13.8 V charger", "#fff", ref="G1")
    for at, px in ((0, 860), (3, 890), (4, 920)):
        c.dot(px, ys[at])
        c.line((px, ys[at]), (px, 260), colour=colours[at])
    c.line((895, 320), (895, 370))
    c.box(820, 370, 150, 50, "12 V 7 Ah", "#fff", ref="G2")
    c.note("motor_battery", 560, 440, size=13)
    c.refs.add("F1")
    c.box(290, 540, 730, 155, fill="#eef6ee")
    c.text(305, 565, "Earth · Nối đất", bold=True)
    c.note("motor_earth", 305, 588, size=12)
