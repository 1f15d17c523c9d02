# sheet 41a05d147bb8ab0fbd54403108b671e364f40b48496f57f38ac24cac9895a3ab

image hero walk:
    anchor (8, 24)
    nearest True
    Crop((0, 0, 16, 24), "hero.anim.png")
    0.125
    Crop((16, 0, 16, 24), "hero.anim.png")
    0.125
    Crop((32, 0, 16, 24), "hero.anim.png")
    0.125
    Crop((48, 0, 16, 24), "hero.anim.png")
    0.125
    repeat

image hero jump_:
    anchor (8, 24)
    nearest True
    Crop((0, 24, 16, 24), "hero.anim.png")
    0.125
    Crop((16, 24, 16, 24), "hero.anim.png")
    0.25
    Crop((32, 24, 16, 24), "hero.anim.png")
    0.125
    Crop((48, 24, 16, 24), "hero.anim.png")
    0.125
