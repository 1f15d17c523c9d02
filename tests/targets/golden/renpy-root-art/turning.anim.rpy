# sheet 8ae5ffbb7ffb7627b161b1e65631afb52f3eb014ac4da011e8a282c9a3e37888

image turning loop_forward:
    anchor (8, 24)
    nearest True
    Crop((0, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((16, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((32, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((48, 0, 16, 24), "turning.anim.png")
    0.1
    repeat

image turning loop_reverse:
    anchor (8, 24)
    nearest True
    Crop((48, 24, 16, 24), "turning.anim.png")
    0.1
    Crop((32, 24, 16, 24), "turning.anim.png")
    0.1
    Crop((16, 24, 16, 24), "turning.anim.png")
    0.1
    Crop((0, 24, 16, 24), "turning.anim.png")
    0.1
    repeat

image turning loop_pingpong:
    anchor (8, 24)
    nearest True
    Crop((0, 48, 16, 24), "turning.anim.png")
    0.1
    Crop((16, 48, 16, 24), "turning.anim.png")
    0.1
    Crop((32, 48, 16, 24), "turning.anim.png")
    0.1
    Crop((48, 48, 16, 24), "turning.anim.png")
    0.1
    Crop((32, 48, 16, 24), "turning.anim.png")
    0.1
    Crop((16, 48, 16, 24), "turning.anim.png")
    0.1
    repeat

image turning loop_pingpong_reverse:
    anchor (8, 24)
    nearest True
    Crop((48, 72, 16, 24), "turning.anim.png")
    0.1
    Crop((32, 72, 16, 24), "turning.anim.png")
    0.1
    Crop((16, 72, 16, 24), "turning.anim.png")
    0.1
    Crop((0, 72, 16, 24), "turning.anim.png")
    0.1
    Crop((16, 72, 16, 24), "turning.anim.png")
    0.1
    Crop((32, 72, 16, 24), "turning.anim.png")
    0.1
    repeat

image turning once_pingpong:
    anchor (8, 24)
    nearest True
    Crop((0, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((16, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((32, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((48, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((32, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((16, 0, 16, 24), "turning.anim.png")
    0.1
    Crop((0, 0, 16, 24), "turning.anim.png")
    0.1
