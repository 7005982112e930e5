"""The panel's cabinet, seen with its door open."""

from hardware.drawings.canvas import Canvas


def layout() -> Canvas:
    """Where each part sits: mains on the right, 12 V on the left."""
    c = Canvas(1060, 650, "Cabinet of the panel node · Tủ điện của nút tủ điện")
    c.box(40, 60, 640, 500, "", "#f8f8f8")
    c.line((300, 60), (300, 560), width=4)
    c.text(60, 84, "12 V side · phía 12 V", bold=True)
    c.text(320, 84, "230/400 V side · phía điện lưới", bold=True)
    for x, y, w, h, words, ref in (
        (60, 100, 105, 55, "\nESP32", "A1"),
        (175, 100, 105, 55, "\nline", "A2"),
        (60, 165, 105, 55, "\nprobe", "A3"),
        (175, 165, 105, 55, "\nsurge", "F2"),
        (60, 230, 105, 55, "\nHOA 0x20", "A5"),
        (175, 230, 105, 55, "\nsense 0x21", "A6"),
        (60, 295, 105, 55, "\ndriver", "A4"),
        (175, 295, 105, 55, "\ncurrent", "A7"),
        (60, 360, 105, 55, "\nopto HOA", "A8"),
        (175, 360, 105, 55, "\n12 V / 5 V", "U1"),
        (60, 425, 220, 55, "battery", "G2"),
        (320, 100, 105, 55, "\nswitch", "Q0"),
        (435, 100, 105, 55, "\nRCD", "F0"),
        (550, 100, 110, 55, "\nsurge arrester", "F6"),
        (320, 165, 105, 55, "\n13.8 V", "G1"),
        (435, 165, 105, 55, "\nphase relay", "A10"),
        (550, 165, 110, 55, "\nphases, cover", "A9"),
        (320, 230, 340, 50, "eight RCBO 30 mA, C curve", "F4"),
        (320, 290, 340, 50, "eight contactors with overload F5", "Q"),
        (320, 350, 340, 50, "relays K1 to K8 in sockets, K9", "K"),
        (320, 410, 340, 50, "fuse terminals 8 x F3, 3 x F7", "X5"),
    ):
        c.box(x, y, w, h, words, "#fff", ref=ref)
    c.refs |= {"F3", "F5", "F7", "K9", "S", "H2", "Z1", "Z2"}
    c.box(320, 475, 340, 30, "earth bar · thanh nối đất PE", "#d9f2d9")
    c.text(320, 535, "motor cables and CTs T below, each through its own gland", size=12)
    c.text(60, 510, "line, probe and CT cables: left glands", size=12)
    c.note("cabinet_rules", 700, 90, size=13)
    c.refs.add("H1")
    c.note("cabinet_people", 40, 600, size=13, bold=True)
    return c
