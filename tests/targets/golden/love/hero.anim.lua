return {
  image = "hero.anim.png", w = 16, h = 24, sheet_w = 64, sheet_h = 48,
  png_hash = "41a05d147bb8ab0fbd54403108b671e364f40b48496f57f38ac24cac9895a3ab",
  pivot = { x = 8, y = 24 },
  frames = {
    { x = 0, y = 0, w = 16, h = 24, duration = 0.125 },
    { x = 16, y = 0, w = 16, h = 24, duration = 0.125 },
    { x = 32, y = 0, w = 16, h = 24, duration = 0.125 },
    { x = 48, y = 0, w = 16, h = 24, duration = 0.125 },
    { x = 0, y = 24, w = 16, h = 24, duration = 0.125 },
    { x = 16, y = 24, w = 16, h = 24, duration = 0.25 },
    { x = 32, y = 24, w = 16, h = 24, duration = 0.125 },
    { x = 48, y = 24, w = 16, h = 24, duration = 0.125 },
  },
  tags = {
    ["walk"] = { from = 1, to = 4, direction = "forward", loop = true },
    ["jump"] = { from = 5, to = 8, direction = "forward", loop = false },
  },
}
